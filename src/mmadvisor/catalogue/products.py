"""The listing of a regimen, made from what a hospital knows about its single products."""

from collections.abc import Mapping

from mmadvisor.base.known import Truth, all_of, truth_of
from mmadvisor.catalogue.listings import Funding, Jurisdiction, Launch, Listing, Product
from mmadvisor.criteria.judgement import Judgement
from mmadvisor.criteria.types import AnyCriterion

Products = Mapping[str, Product]


def listing_by_products(place: Jurisdiction, regimen: str, agents: tuple[str, ...], reviewed_on: str) -> Listing | None:
    """The listing of a regimen, completed by what the hospital knows about its products.

    If no product of the regimen is listed, the listing of the regimen is returned unchanged; ``None`` if there is none.
    What the listing itself contains has priority over its products.

    Args:
        place: The jurisdiction, with its products.
        regimen: The id of the regimen.
        agents: The agents of the regimen, without steroids.
        reviewed_on: The day of the catalogue, for a product without a day.
    """
    if regimen not in place.by_products:
        place.by_products[regimen] = _made(place, regimen, agents, reviewed_on)
    return place.by_products[regimen]


def _made(place: Jurisdiction, regimen: str, agents: tuple[str, ...], reviewed_on: str) -> Listing | None:
    here = place.listings.get(regimen)
    held = {agent: place.products[agent] for agent in agents if agent in place.products}
    if not held:
        return here
    first = next(iter(held.values()))
    base = here or Listing(status="unknown", source=first.source, verified=first.verified)
    every = [place.products.get(agent) for agent in agents]
    if not base.funded:
        base = base.but(funded=_funded(held, every))
    missing = {agent: p for agent, p in held.items() if p.registered is False}
    if base.launch is None and missing:
        base = base.but(launch=_launch(list(missing.values()), reviewed_on))
    return _registered(base, regimen, held, every, missing) if base.status == "unknown" else base


def _registered(
    base: Listing,
    regimen: str,
    held: Products,
    every: list[Product | None],
    missing: Products,
) -> Listing:
    """The listing with what follows from the registration of the products.

    Off-label if a product is not registered. ``registered`` if all products are registered and the text of one product
    names the regimen. Otherwise unchanged.
    """
    first = next(iter(held.values()))
    whose = {"source": first.source, "verified": first.verified}
    if missing:
        return base.but(status="off-label", note=f"not registered here: {', '.join(missing)}", **whose)
    if all(p is not None and p.registered for p in every) and any(regimen in p.names for p in held.values()):
        return base.but(registered=True, note="registered here by the hospital's list", last_read=None, **whose)
    return base


def _funded(held: Products, every: list[Product | None]) -> tuple[Funding, ...]:
    """Who pays for the whole regimen: nobody, if nobody pays for one of its products; ``not-read`` if it is unknown."""
    paid = all_of(Truth.UNKNOWN if p is None else p.paid_for for p in every)
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
        ).but(criteria=tuple(asked), decided_on=first.day),
    )


def _launch(unregistered: list[Product], reviewed_on: str) -> Launch | None:
    """How unregistered products are supplied: to named patients, or not at all; ``None`` if this is unknown."""
    supplied = all_of(truth_of(p.named_patient) for p in unregistered)
    if supplied is Truth.UNKNOWN:
        return None
    first = unregistered[0]
    return Launch(
        launched=supplied is Truth.MET,
        named_patient=supplied is Truth.MET,
        day=first.day or reviewed_on,
        source=first.source,
        verified=first.verified,
    )
