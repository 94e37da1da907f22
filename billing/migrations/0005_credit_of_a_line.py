from decimal import Decimal

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import F, Q

MONEY = {"max_digits": 12, "decimal_places": 2}


class Migration(migrations.Migration):
    dependencies = [("billing", "0004_one_standing_charge")]

    operations = [
        migrations.AlterModelOptions(
            name="payment",
            options={
                "ordering": ["-received_at", "-id"],
                "permissions": [
                    ("take_payment", "Can take a payment"),
                    ("reverse_payment", "Can reverse a payment"),
                    ("give_refund", "Can give money back that was credited after it was paid"),
                ],
            },
        ),
        migrations.AddField(
            model_name="charge",
            name="credit_note",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="reversals",
                to="billing.creditnote",
            ),
        ),
        migrations.RemoveConstraint(model_name="charge", name="billing_charge_first_again_or_reversal"),
        migrations.AddConstraint(
            model_name="charge",
            constraint=models.CheckConstraint(
                condition=Q(reverses__isnull=True, act_undone=False, credit_note__isnull=True)
                | Q(reverses__isnull=False, after__isnull=True),
                name="billing_charge_first_again_or_reversal",
            ),
        ),
        migrations.AddField(
            model_name="invoice",
            name="due_back",
            field=models.DecimalField(default=Decimal("0.00"), verbose_name="to give back", **MONEY),
        ),
        # The balance is generated: it is taken away and made anew, and its index with it.
        migrations.RemoveIndex(model_name="invoice", name="billing_invoice_unpaid"),
        migrations.RemoveField(model_name="invoice", name="balance"),
        migrations.AddField(
            model_name="invoice",
            name="balance",
            field=models.GeneratedField(
                db_persist=True,
                expression=F("total") - F("paid") - F("credited") + F("due_back"),
                output_field=models.DecimalField(**MONEY),
            ),
        ),
        migrations.AddIndex(
            model_name="invoice",
            index=models.Index(
                condition=Q(balance__gt=0), fields=["facility", "issued_at"], name="billing_invoice_unpaid"
            ),
        ),
        migrations.AddIndex(
            model_name="invoice",
            index=models.Index(
                condition=Q(due_back__gt=0), fields=["facility", "issued_at"], name="billing_invoice_refund"
            ),
        ),
        migrations.RemoveConstraint(model_name="invoice", name="billing_invoice_never_overpaid"),
        migrations.AddConstraint(
            model_name="invoice",
            constraint=models.CheckConstraint(
                condition=Q(paid__gte=0, credited__gte=0, total__gte=F("paid") + F("credited") - F("due_back")),
                name="billing_invoice_never_overpaid",
            ),
        ),
        migrations.AddConstraint(
            model_name="invoice",
            constraint=models.CheckConstraint(
                condition=Q(credited__lte=F("total")), name="billing_invoice_never_overcredited"
            ),
        ),
        migrations.AddConstraint(
            model_name="invoice",
            constraint=models.CheckConstraint(
                condition=Q(due_back=0) | Q(due_back__gt=0, due_back=F("paid") + F("credited") - F("total")),
                name="billing_invoice_due_back",
            ),
        ),
        migrations.RemoveConstraint(model_name="payment", name="billing_payment_sign"),
        migrations.AddConstraint(
            model_name="payment",
            constraint=models.CheckConstraint(
                condition=Q(reverses__isnull=True, amount__gt=0) | (~Q(amount=0) & ~Q(reason="")),
                name="billing_payment_sign",
            ),
        ),
    ]
