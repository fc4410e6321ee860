"""Which door does a URL belong to?"""

from django.urls import include, path

urlpatterns = [
    path("api/v1/", include("runs.api.urls")),
    path("", include("runs.mlflow_api.urls")),
    path("w/<slug:workspace_name>/", include("runs.mlflow_api.urls")),
    path("", include("runs.pages.urls")),
]
