"""The web application a clinic works in: Django on PostgreSQL, one package per room."""
