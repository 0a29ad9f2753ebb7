"""Seven real resolvers between the probe and one authoritative truth, in the configurations in which they say
otherwise. Each file of config/resolvers is one, running; its first line says what it is."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.lab.resolvers import start_resolvers
from tests.lab.scenarios import BOB, GOOD, LISTED, NO_PTR
from tests.lab.world import RESOLVER, Told, World

pytestmark = pytest.mark.lab

LIST = "zen.bl.example"
OWN = "192.0.2.201"  # of the machine itself; it has no PTR in the lab's zones


@pytest.fixture(scope="module")
def at(world: World) -> Iterator[dict[str, str]]:
    """Where each resolver is asked, by the name of its configuration."""
    yield start_resolvers(world.space)


def through(
    world: World,
    address: str,
    recipient: str,
    *more: str,
    lists: tuple[str, ...] = (LIST,),
    source: str = GOOD,
) -> Told:
    """A look at DNS alone through one resolver."""
    zones = [word for zone in lists for word in ("--dnsbl", zone)]
    options = ("--nameserver", address, "--ip", source, "--no-smtp", "--timeout", "20", *zones, *more)
    return world.ask("check", BOB, recipient, *options)


def of_source(run: Told) -> dict[str, Any]:
    """What the one list says of the source address."""
    (entry,) = [it for it in run.report["dns"]["dnsbl"] if it["role"] == "source"]
    result: dict[str, Any] = entry
    return result


def said(run: Told, identity: str) -> list[dict[str, Any]]:
    return [finding for finding in run.report["findings"] if finding["id"] == identity]


def words(run: Told) -> str:
    return " ".join(finding["message"] for finding in run.report["findings"])


PLAIN = ("unbound-plain", "named-plain", "kresd-plain", "recursor-plain", "dnsmasq-plain", "dnsdist-plain",
         "resolved-stub")  # fmt: skip

OWN_REVERSE = ("unbound-plain", "named-plain", "kresd-plain")


def has_own_reverse(world: World, address: str) -> bool:
    """Whether the resolver denies the reverse names of documentation addresses itself, as the Recursor does
    from 5.1 on: in the lab's zones this one has a name."""
    return not world.space.run(["kdig", "+short", f"@{address}", "-x", GOOD]).stdout.strip()


@pytest.mark.parametrize("name", PLAIN)
def test_a_resolver_that_passes_on_the_truth_is_believed(world: World, at: dict[str, str], name: str) -> None:
    """The same verdicts as through the lab's own resolver: what is not there is still not there."""
    gone = through(world, at[name], "alice@nosuch.example")
    assert (gone.exit_code, gone.verdict["cause"]) == (1, "bad_domain"), words(gone)
    dangling = through(world, at[name], "alice@dangling.example")
    assert (dangling.exit_code, dangling.verdict["cause"]) == (1, "bad_domain"), words(dangling)
    there = through(world, at[name], "alice@healthy.example", source=LISTED)
    assert of_source(there)["status"] == "listed"
    assert not [it for it in said(there, "resolver-answers") if "in-addr.arpa" not in it["message"]]
    again = through(world, at[name], "alice@healthy.example")  # out of its memory, too
    assert of_source(again)["status"] == "not_listed"
    # some have empty zones for the documentation addresses that the lab is made of (RFC 6303)
    (ptr,) = said(again, "ptr")
    own_reverse = has_own_reverse(world, at[name])
    assert own_reverse or name not in OWN_REVERSE
    assert ptr["severity"] == ("not_assessed" if own_reverse else "ok"), ptr


def test_authority_that_a_forwarder_hands_on_makes_no_zone_its_own(world: World, at: dict[str, str]) -> None:
    """dnsmasq leaves the AA bit in the first answer, and in each that it does not cache (no MX); what it
    gives out of its cache is without. Both runs say the same."""
    address = at["dnsmasq-straight"]
    for _ in range(2):
        gone = through(world, address, "alice@nosuch.example")
        assert (gone.exit_code, gone.verdict["cause"]) == (1, "bad_domain"), words(gone)
        bare = through(world, address, "alice@implicit.example")
        assert bare.report["dns"]["route"] == "implicit_mx", words(bare)


# Knot Resolver says by which rule until 5; from 6 on it has an SOA record only.
KRESD_OWN = ("EDE 21 Not Supported", "SOA record of its own making")
OWN_DENIALS: list[tuple[str, str, str | tuple[str, ...]]] = [
    ("dnsmasq-address", "healthy.example", "SOA"),
    ("dnsmasq-address", "rbl.example", "SOA"),
    ("dnsmasq-filter", "healthy.example", "EDE 17 Filtered"),
    ("dnsmasq-private", "healthy.example", "EDE 15 Blocked"),
    ("dnsmasq-rebind", "healthy.example", "EDE 15 Blocked"),
    ("dnsdist-rules", "healthy.example", "SOA"),
    ("dnsdist-rules", "grey.example", "SOA"),
    ("dnsdist-rules", "access.example", "SOA"),
    ("kresd-policy", "healthy.example", "EDE 15 Blocked"),
    ("kresd-policy", "grey.example", "EDE 15 Blocked"),
    ("kresd-policy", "access.example", "PROHIBITED"),
    ("kresd-rpz", "healthy.example", "EDE 15 Blocked"),
    ("kresd-rpz", "grey.example", "EDE 4 Forged Answer"),
    ("kresd-rpz", "spf.example", "EDE 4 Forged Answer"),
    ("kresd-plain", "secure.test", KRESD_OWN),
    ("kresd-plain", "nosuch.invalid", KRESD_OWN),
    ("kresd-plain", "nosuch.local", KRESD_OWN),
    ("kresd-rebind", "private.example", "PROHIBITED"),
    ("named-rpz", "healthy.example", "policy zone rpz.lab"),
    ("named-rpz", "grey.example", "policy zone rpz.lab"),
    ("named-rpz", "spf.example", "policy zone rpz.lab"),
    ("named-empty", "healthy.example", "a zone of its own, healthy.example"),
    ("named-empty", "secure.test", "test, RFC 6761"),
    ("named-plain", "nosuch.home.arpa", "home.arpa, RFC 8375"),
    ("recursor-rpz", "healthy.example", 'EDE 15 Blocked: "a policy"'),
    ("recursor-rpz", "grey.example", 'EDE 15 Blocked: "a policy"'),
    ("unbound-local", "healthy.example", "SOA"),
    ("unbound-local", "grey.example", "SOA"),
    ("unbound-local", "spf.example", "SOA"),
    ("unbound-local", "rate.example", "SOA"),
    ("unbound-rpz", "healthy.example", "SOA"),
    ("unbound-rpz", "grey.example", "SOA"),
    ("unbound-rpz", "spf.example", "SOA"),
    ("unbound-rebind", "private.example", "SOA"),
    ("unbound-plain", "secure.test", "SOA record of its own making"),
    ("unbound-plain", "nosuch.invalid", "SOA record of its own making"),
    ("dnsmasq-plain", "nosuch.invalid", "SOA record of its own making"),
    ("dnsdist-plain", "nosuch.onion", "SOA record of its own making"),
    ("unbound-refuse", "healthy.example", "REFUSED"),
    ("named-refuse", "healthy.example", "REFUSED"),
    ("kresd-refuse", "healthy.example", "REFUSED"),
    ("dnsdist-refuse", "healthy.example", "REFUSED"),
]  # fmt: skip


def denial_id(value: str | tuple[str, ...]) -> str:
    return (value if isinstance(value, str) else value[0]).replace(" ", "-")


@pytest.mark.parametrize(("name", "domain", "why"), OWN_DENIALS, ids=denial_id)
def test_what_a_resolver_denies_of_its_own_is_not_known(
    world: World, at: dict[str, str], name: str, domain: str, why: str | tuple[str, ...]
) -> None:
    """Never "the domain does not exist", never "no MX host has an address"; and the words say whose it is."""
    run = through(world, at[name], f"alice@{domain}")
    assert (run.exit_code, run.verdict["outcome"]) == (4, "inconclusive"), words(run)
    assert run.verdict["cause"] == "dns_failure"
    texts = [it["message"] for it in said(run, "recipient-domain-exists") + said(run, "recipient-mx")]
    reasons = (why,) if isinstance(why, str) else why
    assert any(at[name] in message and reason in message for message in texts for reason in reasons), texts
    assert not any(it["severity"] == "fatal" for it in run.report["findings"])


def test_an_address_that_named_takes_out_of_an_answer_is_a_failure(world: World, at: dict[str, str]) -> None:
    """It says SERVFAIL, and not why."""
    run = through(world, at["named-rebind"], "alice@private.example")
    assert (run.exit_code, run.verdict["cause"]) == (4, "dns_failure"), words(run)


@pytest.mark.parametrize("name", ["unbound-rebind", "named-rebind", "kresd-rebind", "dnsmasq-rebind"])
def test_rebinding_protection_is_named_and_no_list_is_to_blame(
    world: World, at: dict[str, str], name: str
) -> None:
    run = through(world, at[name], "alice@implicit.example", source=LISTED)
    entry = of_source(run)
    assert entry["status"] == "unusable"
    assert "rebinding protection" in entry["reason"]
    (coverage,) = said(run, "blocklist-coverage")
    assert (
        f"your resolver {at[name]} removes 127.0.0.0/8 answers (rebinding protection)" in coverage["message"]
    )


@pytest.mark.parametrize("name", ["unbound-strict", "named-strict"])
@pytest.mark.parametrize("zone", ["shallow.example", "names.example", "dbl.spamhaus.org", LIST])
def test_a_list_clears_nobody_through_a_resolver_that_stops_at_the_first_nxdomain(
    world: World, at: dict[str, str], name: str, zone: str
) -> None:
    """badname.example and the address are on the lists; rbldnsd denies the names between."""
    listed = world.ask(
        *("check", "a@badname.example", "alice@healthy.example", "--nameserver", at[name], "--ip", LISTED),
        *("--no-smtp", "--dnsbl", zone),
    )
    statuses = {it["status"] for it in listed.report["dns"]["dnsbl"]}
    assert not statuses & {"not_listed", "listed"}, listed.report["dns"]["dnsbl"]
    (coverage,) = said(listed, "blocklist-coverage")
    assert coverage["severity"] == "not_assessed", coverage


def test_a_list_of_domains_with_no_deeper_test_entry_clears_nobody(world: World) -> None:
    """And what it lists is still believed."""
    options = ("--nameserver", RESOLVER, "--ip", GOOD, "--no-smtp", "--dnsbl", "shallow.example")
    good = world.ask("check", BOB, "alice@healthy.example", *options)
    bad = world.ask("check", "a@badname.example", "alice@healthy.example", *options)
    of_good = {it["subject"]: it for it in good.report["dns"]["dnsbl"] if it["role"] == "sender_domain"}
    of_bad = {it["subject"]: it for it in bad.report["dns"]["dnsbl"] if it["role"] == "sender_domain"}
    assert of_good["sender.example"]["status"] == "unusable"
    assert "as many labels" in of_good["sender.example"]["reason"]
    assert of_bad["badname.example"]["status"] == "listed"


REFUSALS = [
    ("unbound-refuse", "timeout", "EDE 18 Prohibited"),
    ("named-refuse", "timeout", "EDE 18 Prohibited"),
    ("kresd-refuse", "timeout", "EDE 18 Prohibited"),
    ("dnsdist-refuse", "timeout", "refuses the question itself"),  # without a word: the root is refused, too
    ("unbound-local", "timeout", "refuses the question itself"),  # with authority
    ("kresd-policy", "timeout", "EDE 18 Prohibited"),
    ("dnsdist-rules", "refused", "REFUSED"),  # nothing tells it from a refusal of the list
]


@pytest.mark.parametrize(("name", "status", "why"), REFUSALS)
def test_a_refusal_of_the_resolver_is_not_the_lists(
    world: World, at: dict[str, str], name: str, status: str, why: str
) -> None:
    run = through(world, at[name], "alice@healthy.example")
    entry = of_source(run)
    assert entry["status"] == status, entry
    assert why in entry["reason"]


@pytest.mark.parametrize("name", ["unbound-dns64", "named-dns64", "kresd-dns64", "recursor-dns64"])
def test_an_address_that_dns64_made_is_named_as_such(world: World, at: dict[str, str], name: str) -> None:
    run = through(world, at[name], "alice@healthy.example")
    texts = [it["message"] for it in said(run, "resolver-answers")]
    assert any("DNS64" in message and "64:ff9b::cb00:710a" in message for message in texts), texts
    true_one = through(world, at[name], "alice@six.example")
    assert not any("2001:db8" in it["message"] for it in said(true_one, "resolver-answers"))


def test_a_prefix_that_only_the_network_knows_is_found(world: World, at: dict[str, str]) -> None:
    """As RFC 7050 shows: by the name that has IPv4 addresses alone."""
    run = through(world, at["unbound-nat64"], "alice@healthy.example")
    texts = [it["message"] for it in said(run, "resolver-answers")]
    assert any("DNS64" in message and "2001:db8:64::cb00:710a" in message for message in texts), texts


def test_the_stub_confirms_nothing_of_its_own_machine(world: World, at: dict[str, str]) -> None:
    """systemd-resolved gives OWN a reverse name and the name that address, with AA and AD; DNS says NXDOMAIN.
    Where the servers behind it are known, they are asked; where they are not, nothing is known."""
    options = (
        *("check", BOB, "alice@healthy.example", "--nameserver", at["resolved-stub"], "--ip", OWN),
        *("--bind", OWN, "--no-smtp", "--no-dnsbl", "--allow-private"),
    )
    result = world.ask(*options, behind_stub=True)
    blind = world.ask(*options)
    assert [it["severity"] for it in said(result, "ptr")] == ["warning"], said(result, "ptr")
    assert result.report["dns"]["ptr"]["status"] == "missing"
    assert [it["severity"] for it in said(blind, "ptr")] == ["not_assessed"]
    assert blind.report["dns"]["ptr"]["status"] == "unknown"
    assert "(AA, TTL 0)" in said(blind, "ptr")[0]["message"]
    for run in (result, blind):
        assert ".local" not in run.report["target"]["helo"]
        assert run.report["target"]["helo"] == f"[{OWN}]"


def test_a_hosts_file_of_the_router_confirms_nothing(world: World, at: dict[str, str]) -> None:
    run = through(world, at["dnsmasq-hosts"], "alice@healthy.example", source=NO_PTR)
    assert [it["severity"] for it in said(run, "ptr")] == ["not_assessed"], said(run, "ptr")


@pytest.mark.parametrize("name", PLAIN)
@pytest.mark.parametrize("source", ["192.168.1.5", "100.100.64.5", "fd00::1"])
def test_the_reverse_name_of_a_private_address_is_not_judged(
    world: World, at: dict[str, str], name: str, source: str
) -> None:
    run = through(world, at[name], "alice@healthy.example", source=source)
    assert [it["severity"] for it in said(run, "ptr")] == ["not_assessed"], said(run, "ptr")


def test_an_expired_answer_is_said_to_be_one(world: World, at: dict[str, str]) -> None:
    """The first answer is new; when its second is over, the old one is served while a new one is fetched. Its
    clock has whole seconds, and somebody's question may come first: asked until it is seen."""
    address = at["unbound-stale"]
    lines: list[str] = []
    for _ in range(20):
        run = through(world, address, "alice@old.example")
        lines = [it["message"] for it in said(run, "resolver-answers")]
        if any("EDE 3 Stale Answer" in message and address in message for message in lines):
            return
        time.sleep(1.2)
    raise AssertionError(lines)


def test_how_old_a_denial_of_a_signed_list_may_be_is_said(world: World, at: dict[str, str]) -> None:
    for address in (RESOLVER, at["unbound-aggressive"], at["named-plain"], at["recursor-plain"]):
        run = through(world, address, "alice@healthy.example", lists=("bl.test",))
        entry = of_source(run)
        assert entry["status"] == "not_listed"
        assert "up to 60 s old" in entry["reason"]
        (coverage,) = said(run, "blocklist-coverage")
        assert "RFC 8198" in coverage["message"]


def test_a_recording_made_through_any_of_them_gives_the_same_report(
    world: World, at: dict[str, str], tmp_path: Path
) -> None:
    for name in ("kresd-policy", "named-rpz", "dnsmasq-rebind", "unbound-dns64", "dnsmasq-hosts"):
        file = tmp_path / f"{name}.jsonl"
        live = through(world, at[name], "alice@healthy.example", "--record", str(file), source=NO_PTR)
        again = world.ask("replay", str(file))
        assert (again.exit_code, again.report) == (live.exit_code, live.report)


REWRITES = ("named-redirect", "recursor-redirect")


@pytest.mark.parametrize("name", REWRITES)
@pytest.mark.parametrize("lists", [(), (LIST, "names.example")], ids=["no-list", "lists"])
def test_an_address_in_place_of_nxdomain_is_nobodys(
    world: World, at: dict[str, str], name: str, lists: tuple[str, ...]
) -> None:
    """The domain does not exist, and a search page answers for it; nothing is said against the recipient."""
    more = () if lists else ("--no-dnsbl",)
    run = through(world, at[name], "alice@nosuch.example", *more, lists=lists)
    assert (run.exit_code, run.verdict["outcome"]) == (4, "inconclusive"), words(run)
    assert (run.verdict["cause"], run.verdict["fix_by"]) == ("dns_failure", "sender_network")
    assert run.report["dns"]["route"] == "unknown"
    assert not any(it["severity"] == "fatal" for it in run.report["findings"])


def test_a_resolver_that_gives_an_address_for_every_name_is_named(world: World, at: dict[str, str]) -> None:
    run = through(world, at["recursor-redirect"], "alice@nosuch.example", "--no-dnsbl", lists=())
    (finding,) = [it for it in run.report["findings"] if it["tag"] == "resolver-rewrites"]
    assert f"{at['recursor-redirect']} gives an address for names that do not exist" in finding["message"]
    assert "203.0.113.99" in finding["message"] and "A nosuch.example" in finding["message"]


def test_a_domain_without_mx_keeps_its_own_address_there(world: World, at: dict[str, str]) -> None:
    for name in (*REWRITES, "named-plain"):
        run = through(world, at[name], "alice@implicit.example", "--no-dnsbl", lists=())
        assert run.report["dns"]["route"] == "implicit_mx", words(run)


def test_lists_show_it_where_no_control_was_asked_for(world: World, at: dict[str, str]) -> None:
    """The MX of dangling.example does not exist, and no question was needed to see that."""
    run = through(world, at["named-redirect"], "alice@dangling.example", lists=(LIST, "names.example"))
    assert (run.exit_code, run.verdict["cause"]) == (4, "dns_failure"), words(run)
    assert [it for it in run.report["findings"] if it["tag"] == "resolver-rewrites"]
