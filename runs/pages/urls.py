"""Which page function answers which URL?"""

from django.urls import URLPattern, URLResolver, path, register_converter
from django.urls.converters import StringConverter
from django.views.generic import RedirectView

from runs.pages import (
    experiments,
    find,
    home,
    run_columns,
    run_edit,
    run_files,
    run_list,
    run_metrics,
    run_page,
    sign_in,
    styleguide,
    tokens,
)


class AnyText(StringConverter):
    """The rest of a URL, whatever characters it holds: names are the users' own, line ends included."""

    regex = r"[\s\S]+"


class RunId(StringConverter):
    """A run's public id: 32 hex digits of ours, or what an imported run brought."""

    regex = r"[A-Za-z0-9_\-]{1,64}"


register_converter(AnyText, "any_text")
register_converter(RunId, "run_uid")

RUN = "w/<slug:workspace_name>/runs/<run_uid:uid>"

urlpatterns: list[URLPattern | URLResolver] = [
    path("", home.home, name="home"),
    path("sign-in/", sign_in.sign_in, name="sign_in"),
    path("sign-in/link/<str:secret>/", sign_in.sign_in_link, name="sign_in_link"),
    path("sign-out/", sign_in.sign_out, name="sign_out"),
    path("preferences/", sign_in.preferences, name="preferences"),
    path("tokens/", tokens.tokens, name="tokens"),
    path("tokens/<int:token_id>/revoke/", tokens.revoke_token, name="revoke_token"),
    path("find/runs/<run_uid:uid>", find.find_run, name="find_run"),
    path("find/experiments/<int:number>", find.find_experiment, name="find_experiment"),
    path("styleguide/", styleguide.styleguide, name="styleguide"),
    path("w/<slug:workspace_name>/", home.workspace_home, name="workspace_home"),
    path("w/<slug:workspace_name>/experiments", experiments.experiment_list, name="experiment_list"),
    path("w/<slug:workspace_name>/move_experiment", experiments.move_experiment, name="move_experiment"),
    path(
        "w/<slug:workspace_name>/experiments/<any_text:experiment_name>",
        run_list.experiment_runs,
        name="experiment_runs",
    ),
    path("w/<slug:workspace_name>/columns", run_columns.run_columns, name="run_columns"),
    path("w/<slug:workspace_name>/count", run_list.run_count, name="run_count"),
    path("w/<slug:workspace_name>/runs", run_list.run_list, name="run_list"),
    path(RUN, run_page.run_page, name="run"),
    path(f"{RUN}/", RedirectView.as_view(pattern_name="run")),
    path(f"{RUN}/overview", RedirectView.as_view(pattern_name="run")),
    path(f"{RUN}/metrics", run_metrics.run_metrics, name="run_metrics"),
    path(f"{RUN}/metrics.json", run_metrics.run_metrics_json, name="run_metrics_json"),
    path(f"{RUN}/outputs", run_files.run_outputs, name="run_outputs"),
    path(f"{RUN}/outputs/<any_text:path>", run_files.run_outputs, name="run_file"),
    path(f"{RUN}/folder", run_files.run_folder, name="run_folder"),
    path(f"{RUN}/download/<any_text:path>", run_files.run_download, name="run_download"),
    path(f"{RUN}/download.zip", run_files.run_zip, name="run_zip"),
    path(f"{RUN}/children", run_page.run_children, name="run_children"),
    path(f"{RUN}/child_rows", run_list.child_rows, name="child_rows"),
    path(f"{RUN}/activity", run_page.run_activity, name="run_activity"),
    path(f"{RUN}/name", run_edit.rename, name="run_name"),
    path(f"{RUN}/description", run_edit.description, name="run_description"),
    path(f"{RUN}/tags", run_edit.tags, name="run_tags"),
    path(f"{RUN}/tags/delete", run_edit.delete_tag, name="run_tag_delete"),
    *[path(f"{RUN}/{move}", run_edit.move_run, {"move": move}, name=f"run_{move}") for move in run_edit.MOVES],
]
