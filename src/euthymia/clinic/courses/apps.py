from django.apps import AppConfig


class CoursesConfig(AppConfig):
    name = "euthymia.clinic.courses"
    label = "courses"
