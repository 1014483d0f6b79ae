"""The configuration against its rules, and against what the functions' code asks for; read from the files alone.

What Terraform itself makes of it is tested by terraform/tests (`make deploy-check`), where the providers can be had.
"""

import importlib
import json
import re
import shutil
import subprocess
import typing
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import pytest

from functions.desk.cursors import write_place
from functions.desk.files import FileLinks
from functions.desk.flash import with_flash
from functions.desk.listing import _link as list_address
from functions.desk.search import read_search
from local.processes import ROOT
from shared.domain.submission import File
from shared.settings import Secret
from shared.staff.people import Person, Role
from shared.store.desk import Place
from tests.contract.archive import function_names, lay_out
from tests.contract.configuration import (
    TERRAFORM,
    archived,
    blocks,
    functions,
    local_values,
    of_type,
    parsed,
    resources,
    settings_wired,
    texts,
)

FUNCTIONS = function_names()

LEFT: Mapping[str, str] = {
    "IAP_KEYS_URL": "Google's own, for the tests to replace",
    "MAX_REQUEST_BYTES": "each function's memory is measured for its own",
    "SMARTCAPTCHA_URL": "Yandex's own, for the tests to replace",
    "TRUSTED_PROXIES": "one, as Cloud Run has; another number would let senders choose their address",
}
"""Settings that are left to the code's defaults, and why."""

PUBLIC = {"intake_form", "intake_email", "delivery"}
ON_THE_PROJECT = {
    "google_project_iam_member.ledger": "roles/datastore.user",
    "google_project_iam_member.build_logs": "roles/logging.logWriter",
    "google_project_iam_member.build_sources": "roles/storage.objectViewer",
}
NARROWED = {"google_project_iam_member.ledger", "google_project_iam_member.build_sources"}

SECRET_TYPES = (tuple[Secret, ...], Secret, Secret | None)


def declared(function: str) -> Mapping[str, Field[Any]]:
    """The settings of a function's dataclass by their variables' names."""
    return {field.name.upper(): field for field in fields(settings_class(function))}


def settings_class(function: str) -> type[Any]:
    module = importlib.import_module(f"functions.{function}.settings")
    [found] = [each for each in vars(module).values() if getattr(each, "__module__", "") == module.__name__]
    return typing.cast("type[Any]", found)


def types_of(function: str) -> Mapping[str, object]:
    return {name.upper(): each for name, each in typing.get_type_hints(settings_class(function)).items()}


def one(value: list[Mapping[str, Any]]) -> Mapping[str, Any]:
    """The only block of its kind."""
    [block] = value
    return block


# The map of functions


def test_every_function_s_folder_is_deployed() -> None:
    assert sorted(functions()) == FUNCTIONS


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_gets_the_settings_that_its_code_declares_and_no_others(function: str) -> None:
    asked = set(declared(function))
    listed = functions()[function]["settings"]
    assert len(listed) == len(set(listed))
    assert settings_wired(function) == asked - set(LEFT)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_setting_without_default_has_a_value(function: str) -> None:
    needed = {name for name, field in declared(function).items() if field.default is MISSING}
    assert not needed & set(LEFT)
    settings, variables = local_values()["settings"], blocks("variable")
    for name in needed & set(functions()[function]["settings"]):
        for variable in re.findall(r"var\.(\w+)", settings[name]):
            # Keys that a console shows only later may be missing: their function then asks to come again.
            assert variables[variable].get("default") is None or variable == "event_keys", name
            assert variables[variable]["nullable"] is False, name


@pytest.mark.parametrize("function", FUNCTIONS)
def test_secret_settings_come_from_secrets_and_no_others_do(function: str) -> None:
    secret = {name for name, each in types_of(function).items() if each in SECRET_TYPES}
    assert set(functions()[function]["secrets"]) == secret


def test_a_setting_of_one_name_means_the_same_in_all_functions_that_get_it() -> None:
    meaning: dict[str, set[tuple[object, object]]] = {}
    for function in FUNCTIONS:
        types = types_of(function)
        for name in functions()[function]["settings"]:
            # What has no default in one function and one in another is the same if its type is.
            default = None if name in local_values()["settings"] else declared(function)[name].default
            meaning.setdefault(name, set()).add((types[name], default))
    assert {name: each for name, each in meaning.items() if len(each) > 1} == {}


def test_every_value_is_some_function_s_setting() -> None:
    assert set(local_values()["settings"]) <= {name for each in functions().values() for name in each["settings"]}


def test_the_server_has_a_thread_for_each_request_at_a_time_and_whole_processors() -> None:
    service = one(resources()["google_cloudfunctions2_function.function"]["service_config"])
    assert service["max_instance_request_concurrency"] == "${each.value.concurrency}"
    assert 'WORKERS = "1", THREADS = tostring(each.value.concurrency)' in service["environment_variables"]
    assert service["available_cpu"] == "${each.value.cpu}"
    for entry in functions().values():
        assert float(entry["cpu"]) >= 1, "below one processor Cloud Run allows one request at a time"


def test_r4_functions_that_give_numbers_have_few_instances() -> None:
    numbering = {name for name, entry in functions().items() if "FIRST_TICKET_NUMBER" in entry["settings"]}
    assert numbering >= {"intake_form", "intake_email", "intake_phone", "sla_check"}
    assert all(functions()[name]["instances"]["max"] <= 3 for name in numbering)


def test_memory_holds_as_many_of_the_largest_bodies_as_requests_at_a_time() -> None:
    for name in ("intake_form", "intake_email", "delivery"):
        entry = functions()[name]
        # A mail's bytes are there twice at most (README, `mail_peak_memory`), and the idle process takes 150 MiB.
        times = 2 if name == "intake_email" else 1
        largest = declared(name)["MAX_REQUEST_BYTES"].default
        assert isinstance(largest, int)
        assert times * entry["concurrency"] * largest + 150 * 2**20 <= bytes_of(entry["memory"]), name


def bytes_of(memory: str) -> int:
    return int(memory[:-2]) * {"Mi": 2**20, "Gi": 2**30}[memory[-2:]]


# Identity


def test_every_function_runs_as_an_account_of_its_own_and_is_built_by_another() -> None:
    function = resources()["google_cloudfunctions2_function.function"]
    accounts = of_type("google_service_account")
    assert function["for_each"] == accounts["function"]["for_each"] == "${local.functions}"
    email = one(function["service_config"])["service_account_email"]
    assert email == "${google_service_account.function[each.key].email}"
    assert one(function["build_config"])["service_account"] == "${google_service_account.build.id}"
    ids = [each["account_id"] for each in accounts.values()]
    assert ids == ["fn-${local.names[each.key]}", "call-${local.names[each.key]}", "build-functions"]
    assert all(6 <= len(f"call-{name}") <= 30 for name in functions())


def test_only_the_form_and_the_webhooks_are_public() -> None:
    assert {name for name, entry in functions().items() if entry["invoker"] == "public"} == PUBLIC
    public = resources()["google_cloud_run_v2_service_iam_member.public"]
    assert public["member"] == "allUsers"
    assert 'if function.invoker == "public"}' in public["for_each"]
    everybody = {
        address for address, body in resources().items() for text in texts(body) if re.search("all(Auth.*)?Users", text)
    }
    assert everybody == {"google_cloud_run_v2_service_iam_member.public"}


def test_who_is_not_public_is_called_by_one_account_alone() -> None:
    grants = of_type("google_cloud_run_v2_service_iam_member")
    assert {name: each["member"] for name, each in grants.items()} == {
        "public": "allUsers",
        "iap": "${local.iap_agent}",
        "invoker": "${each.value.member}",
    }
    assert {each["role"] for each in grants.values()} == {"roles/run.invoker"}
    assert grants["invoker"]["for_each"] == "${google_service_account.invoker}"
    assert (
        'contains(["push", "scheduler"], function.invoker)' in of_type("google_service_account")["invoker"]["for_each"]
    )
    assert {entry["invoker"] for entry in functions().values()} == {"public", "iap", "push", "scheduler"}


def test_functions_are_reachable_from_where_they_are_called_and_from_nowhere_else() -> None:
    assert local_values()["ingress"] == {
        "public": "ALLOW_ALL",
        "iap": "ALLOW_INTERNAL_AND_GCLB",
        "push": "ALLOW_INTERNAL_ONLY",
        "scheduler": "ALLOW_INTERNAL_ONLY",
    }
    service = one(resources()["google_cloudfunctions2_function.function"]["service_config"])
    assert service["ingress_settings"] == "${local.ingress[each.value.invoker]}"


def test_the_staff_s_functions_check_assertions_and_stand_behind_iap() -> None:
    assert {name for name in FUNCTIONS if "IAP_AUDIENCE" in declared(name)} == {
        name for name, entry in functions().items() if entry["invoker"] == "iap"
    }
    variables = one(resources()["google_cloudfunctions2_function.function"]["service_config"])["environment_variables"]
    assert 'each.value.invoker == "iap" ? {IAP_AUDIENCE = local.iap_audiences[each.key]}' in variables
    assert local_values()["iap_audiences"].endswith('/global/backendServices/${backend.generated_id}"}}')
    backend = resources()["google_compute_backend_service.staff"]
    assert one(backend["iap"]) == {"enabled": True}
    assert backend["for_each"] == "${local.staff}"
    # The cycle: function, audience, backend, NEG. It is broken where the NEG knows the function by name only.
    group = resources()["google_compute_region_network_endpoint_group.staff"]
    assert not any("google_cloudfunctions2_function" in text for text in texts(group))
    assert one(group["cloud_run"])["service"] == "${local.names[each.key]}"


def test_grants_on_the_project_are_those_that_cannot_be_smaller() -> None:
    found = {
        address: body["role"]
        for address, body in resources().items()
        if re.match("google_project_iam_(?!cust|aud)", address)
    }
    assert found == ON_THE_PROJECT
    assert {address for address in found if "condition" in resources()[address]} == NARROWED


def test_grants_add_to_what_is_there_and_name_narrow_roles() -> None:
    for address, body in resources().items():
        assert "_iam_policy." not in address
        assert "_iam_binding." not in address
        role = body.get("role", "")
        assert not re.search("roles/(owner|editor|viewer)$|[aA]dmin", role), address


def test_functions_may_do_what_their_settings_name() -> None:
    for name, entry in functions().items():
        asked = set(declared(name))
        topics = {"NOTIFICATIONS_TOPIC": "notifications", "READY_TOPIC": "ticket-ready"}
        assert set(entry["publishes"]) == {topic for setting, topic in topics.items() if setting in asked}
        assert (entry["files"] is not None) is ("FILES_BUCKET" in asked), name
    assert {name: entry["files"] for name, entry in functions().items() if entry["files"]} == {
        "intake_form": "write",
        "intake_email": "mail",
        "desk": "keep",
    }
    rights = resources()["google_project_iam_custom_role.files"]["for_each"]
    assert rights == {
        "write": ["storage.objects.create", "storage.objects.delete"],
        "mail": ["storage.objects.create", "storage.objects.delete", "storage.objects.list"],
        "keep": ["storage.objects.get", "storage.objects.delete", "storage.objects.list"],
    }


# Secrets


def test_every_secret_is_used_and_every_one_that_is_used_exists() -> None:
    used = {secret for entry in functions().values() for secret in entry["secrets"].values()}
    assert set(local_values()["secrets"]) == used


def test_secrets_of_several_functions_are_those_that_one_signs_and_another_verifies() -> None:
    owners: dict[str, set[str]] = {}
    for name, entry in functions().items():
        for secret in entry["secrets"].values():
            owners.setdefault(secret, set()).add(name)
    assert {secret: names for secret, names in owners.items() if len(names) > 1} == {
        "link-secrets": {"intake_form", "notify"},
        "reply-secrets": {"intake_email", "notify"},
        "staff-secrets": {"desk", "intake_phone"},
    }


def test_secrets_values_do_not_pass_through_terraform_and_their_versions_are_pinned() -> None:
    assert not of_type("google_secret_manager_secret_version")
    assert not any(kind.startswith("google_secret_manager_secret_version") for kind in resources("data"))
    dynamic = one(resources()["google_cloudfunctions2_function.function"]["service_config"])["dynamic"]
    variable = one(one(dynamic)["secret_environment_variables"]["content"])
    assert variable["version"] == "${tostring(lookup(var.secret_versions, secret_environment_variables.value, 1))}"
    assert blocks("variable")["secret_versions"]["type"] == "${map(number)}"
    assert not any("latest" in text for body in resources().values() for text in texts(body))


# Pub/Sub and the scheduler


def test_every_push_shows_who_it_is_to_the_address_it_goes_to() -> None:
    pushes = {name: each for name, each in of_type("google_pubsub_subscription").items() if "push_config" in each}
    assert set(pushes) == {"push"}
    push = one(pushes["push"]["push_config"])
    token = one(push["oidc_token"])
    assert token["audience"] == push["push_endpoint"]
    assert token["service_account_email"] == "${google_service_account.invoker[each.key].email}"
    assert {name for name, entry in functions().items() if entry["pushed_by"]} == {
        name for name, entry in functions().items() if entry["invoker"] == "push"
    }


def test_every_subscription_has_dead_letters_that_pubsub_may_move() -> None:
    subscriptions = of_type("google_pubsub_subscription")
    assert set(subscriptions) == {"push", "classification", "dead_letters"}
    for name in ("push", "classification"):
        policy = one(subscriptions[name]["dead_letter_policy"])
        assert policy["dead_letter_topic"] == "${google_pubsub_topic.dead_letters.id}"
        assert policy["max_delivery_attempts"] == "${local.delivery_attempts}"
        assert set(one(subscriptions[name]["retry_policy"])) == {"minimum_backoff", "maximum_backoff"}
    assert 5 <= local_values()["delivery_attempts"] <= 100
    assert subscriptions["dead_letters"]["topic"] == "${google_pubsub_topic.dead_letters.id}"
    assert all(one(each["expiration_policy"])["ttl"] == "" for each in subscriptions.values()), "a quiet one is kept"
    moving = resources()["google_pubsub_subscription_iam_member.dead_letters"]
    assert moving["for_each"] == (
        "${merge(google_pubsub_subscription.push, {classification = google_pubsub_subscription.classification})}"
    )
    arriving = resources()["google_pubsub_topic_iam_member.dead_letters"]
    assert (moving["role"], moving["member"]) == ("roles/pubsub.subscriber", "${local.pubsub_agent}")
    assert (arriving["role"], arriving["member"]) == ("roles/pubsub.publisher", "${local.pubsub_agent}")


def test_a_message_is_not_asked_for_again_while_its_function_may_still_work() -> None:
    assert of_type("google_pubsub_subscription")["push"]["ack_deadline_seconds"] == "${each.value.timeout}"
    for entry in functions().values():
        if entry["invoker"] == "push":
            assert 10 <= entry["timeout"] <= 600, "what Pub/Sub takes"


def test_r16_the_sweep_is_called_each_minute_and_waited_for() -> None:
    job = one(list(of_type("google_cloud_scheduler_job").values()))
    target = one(job["http_target"])
    token = one(target["oidc_token"])
    assert (job["schedule"], target["http_method"]) == ("* * * * *", "POST")
    assert token["audience"] == target["uri"]
    assert token["service_account_email"] == '${google_service_account.invoker["sla_check"].email}'
    assert job["attempt_deadline"] == '${local.functions["sla_check"].timeout}s'
    assert [name for name, entry in functions().items() if entry["invoker"] == "scheduler"] == ["sla_check"]


def test_r16_a_sweep_ends_before_it_is_ended() -> None:
    run_time = declared("sla_check")["RUN_TIME"].default
    assert run_time is not MISSING
    assert run_time.total_seconds() + 15 <= functions()["sla_check"]["timeout"]


# What is kept


def test_the_ledger_cannot_be_lost_by_mistake() -> None:
    ledger = one(list(of_type("google_firestore_database").values()))
    assert ledger["type"] == "FIRESTORE_NATIVE"
    assert ledger["delete_protection_state"] == "DELETE_PROTECTION_ENABLED"
    assert ledger["point_in_time_recovery_enablement"] == "POINT_IN_TIME_RECOVERY_ENABLED"
    backup = one(list(of_type("google_firestore_backup_schedule").values()))
    assert (backup["daily_recurrence"], backup["retention"]) == ([{}], "604800s")


def test_r17_files_are_nobody_else_s_and_come_back_after_a_mistake() -> None:
    for bucket in of_type("google_storage_bucket").values():
        assert bucket["uniform_bucket_level_access"] is True
        assert bucket["public_access_prevention"] == "enforced"
    files = of_type("google_storage_bucket")["files"]
    assert files["force_destroy"] is False
    assert one(files["soft_delete_policy"])["retention_duration_seconds"] >= 7 * 24 * 60 * 60
    assert all(one(rule["action"])["type"] != "Delete" for rule in files["lifecycle_rule"])


# What is not kept


PLACES = (Place("иван петров", 12345), Place(datetime(2026, 11, 26, tzinfo=UTC), 12345))


def searched(**asked: str) -> list[str]:
    """The addresses of what is found on the desk, as its form and its own links write them."""
    chosen = read_search(asked, ZoneInfo("Europe/Moscow")).chosen
    parts = [list_address(chosen, name, place) for name in ("older", "newer") for place in PLACES]
    empty = dict.fromkeys(("q", "in", "state", "channel", "concern", "day"), "")
    form, other_order = empty | asked, dict(reversed((empty | asked).items()))
    again = with_flash(f"/tickets?{urlencode(form)}", "told", 12345)
    return [f"/tickets?{urlencode(form)}", f"/tickets?{urlencode(other_order)}", again, *filter(None, parts)]


def file_link() -> str:
    person = Person("anna@pass24online.ru", "Анна", Role.SPECIALIST)
    file = File("Паспорт Петрова.pdf", "application/pdf", 5, "0f3a", "form/1f/0f3a/Паспорт Петрова.pdf")
    link = FileLinks([Secret("a key")], timedelta(minutes=5)).file(file, person, "/tickets/12345")
    assert link is not None
    return link


def unlogged() -> tuple[re.Pattern[str], str]:
    """What an address holds whose request is not logged, and whose requests these are."""
    [exclusion] = of_type("google_logging_project_exclusion").values()
    assert exclusion.get("disabled", False) is False
    found = re.fullmatch(
        r'\$\{join\(" AND ", \["httpRequest\.requestUrl=~\\"(.*?)\\"", "(.*)"\]\)\}', exclusion["filter"], re.DOTALL
    )
    assert found, exclusion["filter"]
    return re.compile(found[1]), found[2]


@pytest.mark.parametrize(
    "address",
    [
        *searched(q="Иван Петров", **{"in": "client"}),
        *searched(q="ivan@example.ru", state="pending"),
        *searched(q="8 (916) 123-45-67"),
        "/tickets?q=%D0%98",
        file_link(),
    ],
)
def test_requests_whose_address_holds_a_client_s_data_are_not_logged(address: str) -> None:
    pattern, _ = unlogged()
    assert pattern.search(f"https://desk.pass24.example{address}"), address


@pytest.mark.parametrize(
    "address",
    [
        *("/", "/?done=told&ticket=12345", "/tickets", "/tickets/12345", "/tickets/12345?done=told", "/today"),
        *("/submissions/mail-0f3a", "/assets/desk.js", "/saved?ticket=12345&way=new", "/?same_as=12345", "/recent"),
        *searched(state="pending", day="2026-11-26"),
        *searched(),
        f"/tickets?older={write_place(PLACES[1])}",
        "/tickets?faq=1",
    ],
)
def test_all_other_requests_are_logged(address: str) -> None:
    pattern, _ = unlogged()
    assert not pattern.search(f"https://desk.pass24.example{address}"), address


def test_the_desk_s_requests_alone_are_not_logged_neither_by_the_function_nor_before_it() -> None:
    _, whose = unlogged()
    assert set(re.findall(r'resource\.type=\\"(\w+)\\"', whose)) == {"cloud_run_revision", "http_load_balancer"}
    assert r'service_name=\"${local.names["desk"]}\"' in whose
    assert r"url_map_name=\"${google_compute_url_map.staff.name}\"" in whose


def test_nothing_is_counted_or_watched_that_is_not_logged() -> None:
    counted = json.dumps([local_values()["log_filters"], of_type("google_logging_metric")])
    assert "jsonPayload.message" in counted, "what the functions write"
    assert "httpRequest" not in counted
    assert "log_entry_count" not in json.dumps(local_values())


# Archives


@pytest.mark.parametrize("function", FUNCTIONS)
def test_an_archive_holds_the_function_what_all_share_and_its_requirements(function: str, tmp_path: Path) -> None:
    trees = (ROOT / "functions" / function, ROOT / "shared")
    own = {path for tree in trees for path in tree.rglob("*") if path.is_file() and "__pycache__" not in path.parts}
    own = {path for path in own if path.name != "requirements.in"} | {ROOT / "functions" / "__init__.py"}
    expected = {path.relative_to(ROOT).as_posix(): path.read_bytes() for path in own}
    expected["requirements.txt"] = (ROOT / "functions" / function / "requirements.txt").read_bytes()
    expected["main.py"] = f"from functions.{function}.main import {function}\n".encode()
    folder = lay_out(function, tmp_path / "archive")
    found = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert found == expected


@pytest.mark.parametrize("function", FUNCTIONS)
def test_an_archive_is_text_for_terraform_reads_nothing_else(function: str) -> None:
    for path in archived(function).values():
        path.read_text(encoding="utf-8")


def test_what_changed_alone_is_deployed() -> None:
    archive = resources()["google_storage_bucket_object.archive"]
    assert archive["name"] == "${each.key}-${data.archive_file.function[each.key].output_sha256}.zip"
    function = one(resources()["google_cloudfunctions2_function.function"]["build_config"])
    assert function["entry_point"] == "${each.key}"
    assert one(one(function["source"])["storage_source"])["object"] == (
        "${google_storage_bucket_object.archive[each.key].name}"
    )


@pytest.mark.parametrize("function", FUNCTIONS)
def test_terraform_lists_the_same_files(function: str, tmp_path: Path) -> None:
    terraform = the_terraform()
    [dynamic] = resources("data")["archive_file.function"]["dynamic"]
    wanted = dynamic["source"]["for_each"][2:-1].replace("each.key", f'"{function}"')
    values = {name: local_values()[name] for name in ("archive_patterns", "archive_without")}
    expression = f"jsonencode({wanted})".replace("${path.module}/..", ROOT.as_posix())
    (tmp_path / "main.tf.json").write_text(json.dumps({"locals": values}), encoding="utf-8")
    done = subprocess.run(  # noqa: S603  # Terraform, over our own files
        [terraform, "console"], cwd=tmp_path, input=expression, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(json.loads(done.stdout)) == sorted(archived(function))


# For those who deploy


def test_every_variable_says_what_it_is_for() -> None:
    for name, variable in blocks("variable").items():
        assert len(variable["description"]) > 20, name
        assert "type" in variable, name


def test_the_example_gives_all_that_must_be_given_and_nothing_unknown() -> None:
    example = parsed(TERRAFORM / "terraform.tfvars.example")
    variables = blocks("variable")
    needed = {name for name, variable in variables.items() if "default" not in variable}
    assert needed <= set(example) <= set(variables)


def test_providers_and_terraform_are_pinned() -> None:
    [terraform] = parsed(TERRAFORM / "versions.tf")["terraform"]
    providers = one(terraform["required_providers"])
    assert set(providers) == {"google", "google-beta", "archive"}
    assert all(re.fullmatch(r"~> \d+\.\d+", each["version"]) for each in providers.values())
    assert terraform["required_version"]


def test_outputs_name_the_webhooks_and_where_what_sendgrid_shows_goes() -> None:
    sendgrid = blocks("output")["sendgrid"]["value"]
    parse, events = sendgrid["Settings > Inbound Parse"], sendgrid["Settings > Mail Settings > Event Webhooks"]
    assert parse["url"] == '${local.addresses["intake_email"]}/'
    assert events["url"] == '${local.addresses["delivery"]}/'
    assert set(sendgrid["Settings > API Keys"]) == {name for name in local_values()["secrets"] if "sendgrid" in name}
    told = {word for text in texts(sendgrid) for word in re.findall(r"the variable (\w+)", text)}
    assert told == {"inbound_keys", "event_keys"} <= set(blocks("variable"))
    records = {(each["name"], each["type"]) for each in blocks("output")["dns"]["value"]}
    assert records == {
        ("${var.staff_hosts.desk}", "A"),
        ("${var.staff_hosts.intake_phone}", "A"),
        ("${var.inbound_host}", "MX"),
    }


def test_exceptions_of_checkov_have_a_reason() -> None:
    for path in TERRAFORM.glob("*.tf"):
        for line in path.read_text(encoding="utf-8").splitlines():
            if "checkov:" in line:
                assert re.fullmatch(r"\s*#checkov:skip=CKV2?_GCP_\d+:\w.{20,}", line), line


def test_files_are_formatted() -> None:
    done = subprocess.run(  # noqa: S603  # Terraform, over our own files
        [the_terraform(), "fmt", "-check", "-recursive", "-diff", TERRAFORM],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def the_terraform() -> str:
    terraform = shutil.which("terraform")
    if terraform is None:
        pytest.skip("Terraform is not installed here: https://developer.hashicorp.com/terraform/install")
    return terraform
