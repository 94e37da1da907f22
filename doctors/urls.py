from django.urls import URLPattern

app_name = "doctors"

urlpatterns: list[URLPattern] = []
