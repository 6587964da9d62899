"""Judges the answers of a Report API against an OpenAPI document, with openapi-core.

    python openapi_answers.py BASE_URL OPENAPI.yaml FROM TO

Walks tokens, ledgers, dates FROM..TO of both topics and the feeds, errors included, and prints how
many answers of which status it judged. Exit code 1 when one is not as documented. It starts nothing
and needs: pip install openapi-core openapi-spec-validator
"""

import base64
import collections
import datetime
import json
import sys
import urllib.error
import urllib.parse
import urllib.request

import yaml
from openapi_core import Config, OpenAPI
from openapi_core.testing import MockRequest, MockResponse
from openapi_spec_validator import validate

PAGES_MAX = 200
# What the document does not describe: the gateway in front of the API answers as it likes.
GATEWAY = {423, 502, 503}
# What the sandbox adds on purpose, so that clients do not mind what they do not know.
ADDED = {"sandboxField"}


class Judge:
    def __init__(self, base_url, path):
        self.base_url = base_url
        with open(path, encoding="utf-8") as file:
            document = yaml.safe_load(file)
        validate(document)
        problem = lambda body, **parameters: json.loads(body)
        config = Config(extra_media_type_deserializers={"application/problem+json": problem})
        self.api = OpenAPI.from_dict(document, config=config)
        self.server = document["servers"][0]["url"]
        schemas = document["components"]["schemas"]
        self.entry_fields = set(schemas["Entry"]["properties"]) | ADDED
        self.judged = collections.Counter()
        self.wrong = []

    def ask(self, method, path, query=None, headers=None, body=None):
        """Sends a request, judges its answer, and gives status and body."""
        query = query or {}
        headers = dict(headers or {})
        url = self.base_url + path + ("?" + urllib.parse.urlencode(query) if query else "")
        request = urllib.request.Request(url, data=body, headers=headers, method=method)
        try:
            answer = urllib.request.urlopen(request, timeout=30)
        except urllib.error.HTTPError as error:
            answer = error
        text = answer.read()
        status, kind = answer.status, answer.headers.get("Content-Type", "")
        self.judged[status] += 1
        if status not in GATEWAY:
            request = MockRequest(
                self.server, method.lower(), path, args=query, headers=headers, data=body,
                content_type=headers.get("Content-Type", "application/json"),
            )
            response = MockResponse(text, status_code=status, headers=dict(answer.headers), content_type=kind)
            try:
                self.api.validate_response(request, response)
            except Exception as error:  # every kind of disagreement is one
                causes = [error, error.__cause__] + list(getattr(error.__cause__, "schema_errors", []))
                self.wrong.append(f"{method} {path} {query}: {status} {' / '.join(map(str, causes))[:400]}")
        try:
            return status, json.loads(text)
        except ValueError:
            return status, None

    def pages(self, path, headers, query=None):
        """All pages of a paged answer; ends at an error, or where nothing more is to come."""
        query = dict(query or {})
        for _ in range(PAGES_MAX):
            status, body = self.ask("GET", path, query, headers)
            if status != 200 or body is None:
                return
            yield body
            for item in body["items"]:
                strange = set(item) - self.entry_fields if "entryType" in item else set()
                if strange:
                    self.wrong.append(f"{path}: fields that no document knows: {sorted(strange)}")
            cursor = body.get("cursor")
            if not cursor or cursor == query.get("cursor") or body.get("hasMore") is False or body.get("tryLater"):
                return
            query["cursor"] = cursor
        self.wrong.append(f"{path}: the pages do not end")

    def token(self):
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        basic = lambda secret: {"Authorization": "Basic " + base64.b64encode(f"sandbox-client:{secret}".encode()).decode()}
        grant = b"grant_type=client_credentials"
        self.ask("POST", "/miami/v1/token", headers=form | basic("wrong"), body=grant)
        self.ask("POST", "/miami/v1/token", headers=form | basic("sandbox-secret"), body=b"grant_type=other")
        keys = {"client_id": "sandbox-client", "client_secret": "sandbox-secret",
                "Ocp-Apim-Subscription-Key": "sandbox-subscription"}
        self.ask("POST", "/accesstoken/get", headers=keys, body=b"")
        self.ask("POST", "/accesstoken/get", headers=keys | {"client_secret": "wrong"}, body=b"")
        for _ in range(20):
            status, body = self.ask("POST", "/miami/v1/token", headers=form | basic("sandbox-secret"), body=grant)
            if status == 200 and body:
                return {"Authorization": "Bearer " + body["access_token"], "Accept": "application/json"}
        sys.exit("no token in twenty tries")

    def walk(self, first, last):
        bearer = self.token()
        self.ask("GET", "/settlement/v1/ledgers")
        self.ask("GET", "/report/v1/ledgertransactions", {"ledgerId": "302321"}, bearer)
        self.ask("GET", "/report/v2/ledgers/999999/funds/dates/2026-01-01", {}, bearer)
        self.ask("GET", "/settlement/v1/ledgers", {"cursor": "nonsense"}, bearer)
        ledgers = {}
        for _ in range(5):
            for page in self.pages("/settlement/v1/ledgers", bearer):
                ledgers |= {item["ledgerId"]: item for item in page["items"]}
        assert ledgers, "no ledgers"
        dates = [first + datetime.timedelta(days) for days in range((last - first).days + 1)]
        for ledger in ledgers:
            for topic in ("funds", "fees"):
                place = f"/report/v2/ledgers/{ledger}/{topic}"
                for date in dates:
                    for gdpr in ({}, {"includeGDPRSensitiveData": "true"}):
                        collections.deque(self.pages(f"{place}/dates/{date}", bearer, gdpr), maxlen=0)
                collections.deque(self.pages(f"{place}/feed", bearer), maxlen=0)


def main():
    base_url, path, first, last = sys.argv[1:]
    judge = Judge(base_url, path)
    judge.walk(datetime.date.fromisoformat(first), datetime.date.fromisoformat(last))
    print("judged", sum(judge.judged.values()), json.dumps(dict(sorted(judge.judged.items()))))
    for line in judge.wrong[:20]:
        print("wrong:", line)
    sys.exit(1 if judge.wrong else 0)


if __name__ == "__main__":
    main()
