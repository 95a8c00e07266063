"""Words of the made-up clinic: names, places, things, and what patients say.

Data only. All of it is invented for leakwatch; nobody here exists. Slots in
braces are filled by ``clinic_prose``.
"""

from __future__ import annotations

GIVEN = (
    "Aroha", "Mereana", "Hēmi", "Wiremu", "Ngaio", "Tāne", "Marama", "Kahurangi", "Anahera",
    "Rāwiri", "Hinemoa", "Tama", "Moana", "Piripi", "Whetū", "Rangi", "Olivia", "Jack",
    "Charlotte", "Liam", "Isla", "Noah", "Amelia", "Oliver", "Grace", "Thomas", "Sophie",
    "George", "Margaret", "Colin", "Beverley", "Trevor", "Joyce", "Alan", "Heather", "Ian",
    "Priya", "Arjun", "Mei", "Wei", "Sione", "Lani", "Tevita", "Mele", "Fatima", "Yusuf", "Ioana",
    "Pavel", "Ingrid", "Desmond", "Rosalind", "Cameron", "Shona", "Callum",
)  # fmt: skip
FAMILY = (
    "Hēnare", "Parata", "Ngāwati", "Tūhoro", "Rēweti", "Waikato-Smith", "Pōtae", "Kereama",
    "Tamihana", "Matiu", "Walker", "Thompson", "Hughes", "McKenzie", "Robertson", "Gallagher",
    "Fairweather", "Pemberton", "Ashcroft", "Lockwood", "Winterbourne", "Oakley", "Patel",
    "Singh", "Sharma", "Chen", "Liu", "Nguyen", "Fonoti", "Taufa", "Vaipulu", "Leota", "Haddad",
    "Novák", "Lindqvist", "Okafor", "Brannigan", "Quigley", "Strathdee", "Tulloch", "Merrick",
    "Yardley", "Dunmore", "Kellaway",
)  # fmt: skip
OCCUPATIONS = (
    "shearer", "primary school teacher", "forklift driver", "retired nurse", "dairy farmer",
    "café owner", "apprentice builder", "bus driver", "accounts clerk", "student", "beekeeper",
    "fencing contractor", "hairdresser", "orchard supervisor", "bank teller", "deckhand",
    "retired postmaster", "librarian", "plumber", "warehouse packer", "kaumātua", "potter",
)  # fmt: skip
RELATIVES = (
    "wife", "husband", "partner", "daughter", "son", "mother", "father", "sister", "neighbour",
    "grandson", "aunt", "flatmate", "mokopuna", "brother-in-law",
)  # fmt: skip
ACTIVITIES = (
    "gardening", "carrying firewood", "walking the dog to the river", "netball", "mowing the lawn",
    "hanging out washing", "climbing the stairs at work", "kapa haka practice", "lifting hay bales",
    "swimming lengths", "playing bowls", "driving for more than an hour", "kneeling to weed",
    "digging kūmara", "cycling to the ferry", "stacking shelves", "painting the ceiling",
)  # fmt: skip
PLACES = (
    "the marae", "the school fair", "the wharf", "a wedding up north", "the woolshed",
    "the swimming pool", "choir practice", "the supermarket", "the packhouse", "a tramping hut",
    "the rugby clubrooms", "church", "the building site", "the library", "a cousin's farm",
)  # fmt: skip
DURATIONS = (
    "two days", "three days", "about a week", "ten days", "a fortnight", "three weeks",
    "a month or so", "six weeks", "most of the winter", "since the long weekend",
    "on and off for a year", "since the school holidays", "five months",
)  # fmt: skip
SIDES = ("left", "right")
MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip
NOUNS = (
    "ladder", "kettle", "wheelbarrow", "letterbox", "gumboot", "hymnbook", "trailer", "budgie",
    "casserole", "fencepost", "tarpaulin", "accordion", "glasshouse", "teapot", "rowboat",
    "chainsaw", "hammock", "bicycle", "quilt", "lantern", "suitcase", "typewriter", "saucepan",
    "doormat", "woodpile", "haversack", "billiard table", "paddock", "verandah", "compost heap",
    "jigsaw", "violin", "sewing machine", "water tank", "umbrella", "mailbag", "bookshelf",
    "lawnmower", "tricycle", "beehive", "mattress", "clothesline", "fishing rod", "caravan",
    "wardrobe", "pavlova", "tractor", "cushion", "blackboard", "anchor", "greenstone pendant",
    "piano stool", "cardigan", "windowsill", "gatepost", "raincoat", "dinghy", "barbecue",
    "rabbit hutch", "photograph", "basket", "telescope", "cupboard", "pickaxe", "flagpole",
    "hearing aid", "walking frame", "mandolin", "crayfish pot", "lemon tree", "henhouse",
    "toolbox", "doorbell", "thermos", "sledgehammer", "rosebush", "cricket bat", "carpet",
    "wagon", "thimble", "tambourine", "church bell", "scarecrow", "mirror", "ferry ticket",
)  # fmt: skip
ADJECTIVES = (
    "crooked", "borrowed", "second-hand", "mossy", "enormous", "brass", "yellow", "wobbly",
    "neglected", "silver", "waterlogged", "striped", "antique", "frozen", "rusty", "half-painted",
    "velvet", "heavy", "neighbourly", "squeaking", "tartan", "broken", "lopsided", "polished",
    "muddy", "wooden", "noisy", "unlabelled", "folding", "faded", "ancient", "plastic", "damp",
    "scarlet", "hollow", "slippery", "narrow", "knitted", "dusty", "bottomless", "patched",
    "leaking", "upholstered", "tin", "crimson", "upside-down", "gilded", "mouldy", "splintered",
    "lavender", "homemade", "cracked", "stubborn", "two-handled", "oversized", "creaking",
    "tangled", "sunburnt", "threadbare", "canvas",
)  # fmt: skip
VERBS = (
    "dropped", "repaired", "dragged", "painted", "balanced", "rescued", "auctioned", "unscrewed",
    "misplaced", "polished", "inherited", "swapped", "hoisted", "buried", "lowered",
    "photographed", "measured", "dismantled", "wrapped", "tripped over", "leaned on", "sold",
    "carried", "straightened", "scrubbed", "lifted", "borrowed", "weighed", "sharpened",
    "unrolled", "hammered", "nailed", "shifted", "tied", "emptied", "chased", "mended", "hid",
    "towed", "stacked",
)  # fmt: skip
LIFE = (
    "Works as a {job} and is worried about missing more days.",
    "Lives with {relative} and an elderly cat on a section with many steps.",
    "Cares for a {relative} with dementia and sleeps badly because of it.",
    "Moved here from {town} last year and has not yet found friends.",
    "Back at {activity} since spring and would like to go on with it.",
    "Gave up smoking {age_then} years ago after a bet with the {relative}.",
    "Has one glass of wine with dinner, more at {place}.",
    "Was at {place} when it came on and had to be driven home by the {relative}.",
    "Missed the last appointment because the car failed its warrant.",
    "Hopes to fly to see the {relative} in {month} and asks whether that is wise.",
    "Reads a great deal about it online and brought {count} printed pages.",
    "The {relative} came along and told most of the story.",
    "Prefers appointments after three, when the milking is done.",
    "Mentions in passing that the {relative} had the same thing at {age_then2}.",
    "Has been without work since the mill closed; money is tight.",
    "Grows most of the family's vegetables and eats well.",
    "Asks that letters be sent to the {relative}'s address for now.",
    "Speaks te reo at home and asks for the leaflet in it if there is one.",
)
TALK = (
    "{name} {verb} the {adjective} {noun} by {place} and it has not been right since.",
    "Says it began the day {name} {verb} a {adjective} {noun} beside the {noun2}.",
    "Dreams of the {adjective} {noun} that {name} {verb} in {month} {year_then}.",
    "Blames the {adjective2} {noun2}; {name} blames the {noun} and the {adjective} weather.",
    "{verb_first} the {noun} {count} times before {name} saw the {adjective} {noun2} at {place}.",
    "Keeps the tablets in a {adjective} {noun} under the {adjective2} {noun2}, where {name} put them.",
    "Cannot now manage the {adjective} {noun}; {name} has {verb} it and sends the {noun2} on.",
    "Is saving for a {adjective} {noun} to replace the {adjective2} {noun2} lost to the flood.",
    "At {place} {name} {verb} both the {noun} and the {adjective} {noun2} without help.",
    "Would sooner be seen about the {noun} than about {name}'s {adjective} {noun2}, but came.",
    "Had just {verb} the {adjective} {noun} when {name} rang about a {noun2}.",
    "Tells of a {adjective} {noun}, a {adjective2} {noun2} and {count} policemen, laughing.",
)
"""Talk of the patient, word by word anybody's, in its combination nobody else's."""
