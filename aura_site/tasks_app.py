"""The app of background tasks that wait in the database, under a name that people understand."""

from django_tasks_db.apps import TasksAppConfig


class BackgroundTasksConfig(TasksAppConfig):
    verbose_name = "Tasks in the background"
