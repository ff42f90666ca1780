"""What a hospital knows of its products, one by one, makes the listing of a regimen there."""

from collections.abc import Mapping

from mmadvisor.base.known import Truth, all_of, truth_of
from mmadvisor.catalogue.listings import Funding, Launch, Listing, Product
from mmadvisor.criteria.judgement import Judgement
from mmadvisor.criteria.types import AnyCriterion


def listing_by_products(
    regimen: str, agents: tuple[str, ...], products: Mapping[str, Product], here: Listing | None, reviewed_on: str
) -> Listing | None:
    """The listing of a regimen with what is known of its products; as it is where none of them is listed.

    Args:
        regimen: Its id.
        agents: What it is made of, without steroids.
        products: The products of the place, by agent.
        here: How the place lists the regimen itself; what it says goes before what its products say.
        reviewed_on: The day of the catalogue, for a product that bears none.
    """
    held = {agent: products[agent] for agent in agents if agent in products}
    if not held:
        return here
    first = next(iter(held.values()))
    base = here or Listing(status="unknown", source=first.source, verified=first.verified)
    more = [products.get(agent) for agent in agents]
    if not base.funded:
        base = base.but(funded=_funded(held, more))
    missing = [agent for agent, p in held.items() if p.registered is False]
    if base.launch is None and missing:
        base = base.but(launch=_launch([held[agent] for agent in missing], reviewed_on))
    if base.status != "unknown":
        return base
    if missing:
        note = f"not registered here: {', '.join(missing)}"
        return base.but(status="off-label", note=note, source=first.source, verified=first.verified)
    if all(p is not None and p.registered for p in more) and any(regimen in p.names for p in held.values()):
        note = "registered here by the hospital's list"
        return base.but(registered=True, note=note, source=first.source, verified=first.verified, last_read=None)
    return base


def _funded(held: Mapping[str, Product], more: list[Product | None]) -> tuple[Funding, ...]:
    """Who pays for all of a regimen: nobody where one product of it is paid for by nobody."""
    paid = all_of(Truth.UNKNOWN if p is None else p.paid_for for p in more)
    outcome = {Truth.MET: "recommended", Truth.NOT_MET: "not-recommended", Truth.UNKNOWN: "not-read"}[paid]
    asked: list[AnyCriterion] = []
    for agent, p in held.items():
        conditions: tuple[AnyCriterion, ...] = p.criteria
        if not conditions and p.category != "general":
            conditions = (Judgement(text=f"the conditions of the formulary or of the fund for {agent} are met"),)
        asked += conditions if paid is Truth.MET else ()
    first = next(iter(held.values()))
    return (
        Funding.over(
            {
                "scheme": "Hospital list",
                "number": "; ".join(f"{agent}: {p.category or 'class open'}" for agent, p in held.items()),
                "outcome": outcome,
                "source": first.source,
                "verified": first.verified,
            }
        ).but(criteria=tuple(asked), decided_on=first.on),
    )


def _launch(unregistered: list[Product], reviewed_on: str) -> Launch | None:
    """Supply of products that are not registered: by named patient or not at all; nothing where that is open."""
    supplied = all_of(truth_of(p.named_patient) for p in unregistered)
    if supplied is Truth.UNKNOWN:
        return None
    first = unregistered[0]
    return Launch(
        launched=supplied is Truth.MET,
        named_patient=supplied is Truth.MET,
        on=first.on or reviewed_on,
        source=first.source,
        verified=first.verified,
    )
