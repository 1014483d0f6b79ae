"""The stand-in's statistics of received mail, as SendGrid's API gives them."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta

import pytest
import requests
from sendgrid import SendGridAPIClient

from tests.mailbox import StandIn, running_stand_in

PATIENCE = 10.0  # seconds for one answer
KEY = {"Authorization": "Bearer SG.test"}


@pytest.fixture(scope="module")
def sendgrid(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandIn]:
    with running_stand_in(tmp_path_factory.mktemp("mailbox")) as running:
        yield running


def day(ago: int = 0) -> str:
    return (datetime.now(UTC) - timedelta(days=ago)).date().isoformat()


def stats(sendgrid: StandIn, headers: Mapping[str, str] = KEY, /, **query: str) -> requests.Response:
    url = f"{sendgrid.url}/v3/user/webhooks/parse/stats"
    return requests.get(url, params=query, headers=dict(headers), timeout=PATIENCE)


def receive(sendgrid: StandIn) -> requests.Response:
    return requests.post(f"{sendgrid.url}/api/received", timeout=PATIENCE)


def test_a_day_is_told_in_the_published_shape(sendgrid: StandIn) -> None:
    answer = stats(sendgrid, start_date="2015-10-11", end_date="2015-10-11", aggregated_by="day")

    assert answer.status_code == 200
    assert answer.json() == [{"date": "2015-10-11", "stats": [{"metrics": {"received": 0}}]}]


def test_every_message_is_counted_on_its_day(sendgrid: StandIn) -> None:
    def today() -> int:
        count: int = stats(sendgrid, start_date=day()).json()[-1]["stats"][0]["metrics"]["received"]
        return count

    before = today()
    answers = [receive(sendgrid) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [201] * 3
    assert answers[-1].json() == {"date": day(), "received": before + 3}
    assert today() == before + 3


def test_the_end_is_today_unless_it_is_said(sendgrid: StandIn) -> None:
    assert [each["date"] for each in stats(sendgrid, start_date=day(2)).json()] == [day(2), day(1), day()]


def test_the_sdk_reads_a_page_of_it(sendgrid: StandIn) -> None:
    api = SendGridAPIClient(api_key="SG.test", host=sendgrid.url)
    query = {"start_date": "2026-02-01", "end_date": "2026-02-28", "limit": "2", "offset": "27"}

    answer = api.client.user.webhooks.parse.stats.get(query_params=query)

    assert answer.status_code == 200
    assert [each["date"] for each in answer.to_dict] == ["2026-02-28"]


@pytest.mark.parametrize("authorization", [None, "", "Bearer ", "Basic SG.test"])
def test_without_a_key_nothing_is_told(sendgrid: StandIn, authorization: str | None) -> None:
    headers = {} if authorization is None else {"Authorization": authorization}

    answer = stats(sendgrid, headers, start_date=day())

    assert answer.status_code == 401
    assert answer.json()["errors"][0].keys() == {"message", "field", "help"}


@pytest.mark.parametrize(
    ("query", "fields"),
    [
        ({}, ["start_date"]),
        ({"start_date": "today"}, ["start_date"]),
        ({"start_date": "20260201"}, ["start_date"]),
        ({"start_date": "2026-02-30"}, ["start_date"]),
        ({"start_date": "2026-02-02", "end_date": "2026-02-01"}, ["end_date"]),
        ({"start_date": "0001-01-01", "end_date": "9999-12-31"}, ["end_date"]),
        ({"start_date": "2026-02-02", "end_date": ""}, ["end_date"]),
        ({"start_date": "2026-02-02", "end_date": "2026-02-03", "aggregated_by": "hour"}, ["aggregated_by"]),
        (
            {"start_date": "x", "end_date": "y", "limit": "-1", "offset": "z"},
            ["start_date", "end_date", "limit", "offset"],
        ),
    ],
)
def test_a_wrong_question_is_refused_with_every_field(
    sendgrid: StandIn, query: dict[str, str], fields: list[str]
) -> None:
    answer = stats(sendgrid, **query)

    assert answer.status_code == 400
    assert [error["field"] for error in answer.json()["errors"]] == fields
