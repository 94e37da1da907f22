from django.db import migrations

# A signed note may only be marked as entered in error; its words, author and hour never change.
FUNCTION = """
create function patients_signed_note_stays() returns trigger language plpgsql as $$
begin
    if old.status <> 'draft' and (
        row(new.encounter_id, new.patient_id, new.author_id, new.complaint, new.examination, new.assessment,
            new.plan, new.signed_at, new.amends_id)
        is distinct from
        row(old.encounter_id, old.patient_id, old.author_id, old.complaint, old.examination, old.assessment,
            old.plan, old.signed_at, old.amends_id)
        or new.status not in (old.status, 'entered_in_error')
    ) then
        raise exception 'a signed note does not change' using errcode = 'restrict_violation';
    end if;
    return new;
end $$;
create trigger signed_note_stays before update on patients_clinicalnote
    for each row execute function patients_signed_note_stays();
"""


class Migration(migrations.Migration):
    dependencies = [("patients", "0001_initial")]

    operations = [
        migrations.RunSQL(
            FUNCTION,
            "drop trigger signed_note_stays on patients_clinicalnote; drop function patients_signed_note_stays()",
        )
    ]
