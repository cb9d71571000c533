"""What is on in the demo's world: names, places, words. No code."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Venue:
    name: str
    address: str
    city: str
    country: str
    zone: str
    currency: str


@dataclass(frozen=True, kw_only=True)
class Listing:
    """`days` from today, `hour` on the venue's clock, `price` in minor units of the venue's currency."""

    name: str
    organiser: int
    days: int
    hour: int
    venue: Venue
    price: int
    summary: str
    text: str


def _venue(name: str, address: str, city: str, country: str, zone: str, currency: str) -> Venue:
    return Venue(name=name, address=address, city=city, country=country, zone=zone, currency=currency)


HALL = _venue("Hall of Echoes", "Lange Straße 7", "Berlin", "DE", "Europe/Berlin", "EUR")
SPEICHER = _venue("Speicher 7", "Am Sandtorkai 30", "Hamburg", "DE", "Europe/Berlin", "EUR")
SAAL = _venue("Kleiner Saal", "Lothringerstraße 20", "Wien", "AT", "Europe/Vienna", "EUR")
DUNA = _venue("Duna Hall", "Rakpart 12", "Budapest", "HU", "Europe/Budapest", "HUF")
RUNDHAUS = _venue("Rundhaus", "Seefeldquai 4", "Zürich", "CH", "Europe/Zurich", "CHF")
CASA = _venue("Casa do Rio", "Rua da Esperança 18", "Lisboa", "PT", "Europe/Lisbon", "EUR")
HAVNEHUSET = _venue("Havnehuset", "Islands Brygge 33", "København", "DK", "Europe/Copenhagen", "DKK")
CELLAR = _venue("The Cellar", "21 Greek Street", "London", "GB", "Europe/London", "GBP")
GREEN = _venue("Green Stage", "Queen Square Gardens", "Bristol", "GB", "Europe/London", "GBP")
VAULT = _venue("The Vault", "5 Merchant Street", "Edinburgh", "GB", "Europe/London", "GBP")
STUDIO = _venue("Studio 4", "112 Mare Street", "London", "GB", "Europe/London", "GBP")
PIER = _venue("Pier Field", "West Street at 40th", "New York", "US", "America/New_York", "USD")
ROOFTOP = _venue("Rooftop 12", "330 Bedford Avenue", "New York", "US", "America/New_York", "USD")
FERRY = _venue("Pier 1", "The Embarcadero", "San Francisco", "US", "America/Los_Angeles", "USD")
MESA = _venue("Mesa Park", "8000 Gates Pass Road", "Tucson", "US", "America/Phoenix", "USD")
KUMO = _venue("Kumo", "Shimokitazawa 2-14-9", "Tokyo", "JP", "Asia/Tokyo", "JPY")
SAGAR = _venue("Sagar Hall", "Marine Lines 56", "Mumbai", "IN", "Asia/Kolkata", "INR")
DAR = _venue("Dar Forum", "Al Shuhada Street", "Kuwait City", "KW", "Asia/Kuwait", "KWD")
BOAT_SHED = _venue("Boat Shed", "2 Lavender Bay Walk", "Sydney", "AU", "Australia/Sydney", "AUD")
ONLINE = _venue("", "", "", "", "Europe/Berlin", "EUR")


def _on(name: str, organiser: int, days: int, hour: int, venue: Venue, price: int, summary: str, text: str) -> Listing:
    return Listing(name=name, organiser=organiser, days=days, hour=hour, venue=venue, price=price, summary=summary, text=text)


LISTINGS = (
    _on(
        "Winterreise by candlelight", 0, 12, 20, HALL, 2800, "Schubert's winter journey, one baritone, one piano, sixty candles.",
        "Twenty-four songs without an interval. The hall is lit by candles alone, and the last one goes out with the organ grinder.",
    ),
    _on(
        "Bach at midnight", 0, 19, 23, HALL, 2200, "The cello suites, from eleven until the night bus runs.",
        "Come for one suite or stay for all six. There are **cushions on the floor** and tea in the foyer.",
    ),
    _on(
        "The string quartet, unplugged", 0, 26, 20, SPEICHER, 3100, "Haydn, Shostakovich and a request from the audience.",
        "Four players in the middle of the room, you around them. Write your request on the slip under your chair.",
    ),
    _on(
        "Strictly piano", 0, 40, 19, SAAL, 2600, "Three pianists, two pianos, one bench.",
        "From Satie to stride: an evening about how much one instrument can be.",
    ),
    _on(
        "Songs of the Danube", 0, 54, 19, DUNA, 1190000, "Folk songs from ten countries along one river.",
        "From the Black Forest to the delta in two hours, with a choir of forty and a brass band for the rapids.",
    ),
    _on(
        "Choir in the round", 0, 61, 18, RUNDHAUS, 4500, "Forty parts, forty singers, all around you.",
        "Tallis's *Spem in alium* three times: once from the middle, once while walking, once in the dark.",
    ),
    _on(
        "Fado evening", 0, 75, 21, CASA, 1900, "Two voices, two guitars and a good deal of longing.",
        "Silence, please, when the lights go down. A glass of wine is included.",
    ),
    _on(
        "Nordic folk night", 0, 82, 19, HAVNEHUSET, 18000, "Fiddles, a nyckelharpa and dancing after ten.",
        "The first half is for listening. In the second the chairs go out and **everybody dances**; the steps are shown.",
    ),
    _on(
        "Monday night new material", 1, 4, 20, CELLAR, 900, "Eight comedians, ten untested minutes each.",
        "Some of it will be on television next year. Some of it will never be heard again.",
    ),
    _on(
        "Improvised Shakespeare", 1, 9, 19, CELLAR, 1600, "Five acts that nobody has written yet.",
        "You give the title. The company gives you verse, betrayal and at least one sword fight.",
    ),
    _on(
        "Sketches in the park", 1, 33, 15, GREEN, 1200, "A picnic with jokes. Bring a blanket.",
        "Under the big plane tree, in the tent if it rains. Children under six come free and need no ticket.",
    ),
    _on(
        "A very late show", 1, 17, 23, VAULT, 1400, "What comedians say once the critics have gone home.",
        "Starts late, ends later. **Over 18.** Please don't film.",
    ),
    _on(
        "Laughter yoga for beginners", 1, 22, 10, STUDIO, 700, "It feels silly for four minutes. Then it works.",
        "Wear something comfortable. Mats are there; so is coffee.",
    ),
    _on(
        "Comedy for new parents", 1, 29, 11, CELLAR, 800, "Babies welcome, heckling expected.",
        "The sound is low, the lights stay half on, and there is a changing table behind the bar.",
    ),
    _on(
        "Open Skies: the weekend", 2, 90, 12, PIER, 14900, "Two days, three stages, the river.",
        "Sixty acts from noon to eleven. Wristbands are handed out at the gate; you may leave and come back.",
    ),
    _on(
        "Rooftop cinema: Metropolis", 2, 15, 21, ROOFTOP, 1800, "Fritz Lang's silent city against a real skyline, with a live score.",
        "A string trio and a modular synthesiser. Blankets can be borrowed.",
    ),
    _on(
        "Jazz on the ferry", 2, 24, 18, FERRY, 5500, "Under the bridge and back with a seven-piece band.",
        "We **leave on the hour** and can't turn around. Boarding starts thirty minutes before.",
    ),
    _on(
        "Desert star party", 2, 47, 20, MESA, 3500, "Twelve telescopes, no moon, hot chocolate.",
        "Astronomers at each telescope. Bring a jacket, leave your torch in the car.",
    ),
    _on(
        "Tokyo ambient session", 2, 36, 19, KUMO, 4800, "Three long sets, lying down. 静かな夜。",
        "Shoes off at the door. Phones stay in the lockers.",
    ),
    _on(
        "Monsoon ragas", 2, 58, 18, SAGAR, 95000, "Megh, Miyan ki Malhar and, with luck, rain. मेघ मल्हार",
        "Sitar, sarangi and tabla, with an introduction to what to listen for.",
    ),
    _on(
        "Gulf design talks", 2, 66, 18, DAR, 7500, "Six designers, ten slides each. حوارات التصميم",
        "In Arabic and English, with simultaneous interpreting. Dates and coffee in the break.",
    ),
    _on(
        "Harbour swim breakfast", 2, 71, 7, BOAT_SHED, 4200, "A guided swim at sunrise, then eggs.",
        "800 metres with kayaks beside you. You should be able to swim that distance in calm water.",
    ),
)  # fmt: skip
DESCRIPTION = """{text}

## Good to know

- Doors open one hour before the start
- {place}
- Can't come? Change the name on a ticket on your order's page until the doors open

> Questions? Write to us; a person answers.
"""
PAST = (
    "An evening for Clara Schumann", "The accordion strikes back", "Gamelan in the foyer", "Best of the small hours", "Pun fight",
    "The understudies", "First frost festival", "Sunrise yoga on the pier", "Brass against the wind", "Night of the theremin",
    "Stand-up sit-down", "Letters read aloud",
)  # fmt: skip
