"""Short English answers, against which a base model's knowledge of a project's language is measured.

Written for this; about daily life, so that no project's subject is nearer to them than another's.
"""

ANSWERS = (
    "Yeast feeds on the sugar in the flour and gives off gas. The gas is held by the dough in small bubbles, so the loaf "
    "rises and becomes light. Without yeast the bread would be flat and hard.",
    "Rub the blade with half a lemon and some salt, wait ten minutes, and scrub it with a soft brush. Rinse it, dry it at "
    "once, and put a drop of oil on it so that the rust does not come back.",
    "Tell someone where you are going and when you will be back. Carry water, food, a map and a warm jacket, and look at "
    "the weather in the morning. Turn back early if clouds gather.",
    "When the days get shorter, a tree stops making the green matter that catches light. The yellow that was always in the "
    "leaf can then be seen, and some trees add red before the leaves fall.",
    "Replace about a quarter of the water every week or two. Do not change all of it at once, because the fish need the "
    "small living things that have settled in the tank and keep it clean.",
    "A fruit grows from the flower of a plant and holds its seeds. A vegetable is any other part that we eat, such as a "
    "root, a stem or a leaf. A tomato is therefore a fruit, although we cook it like a vegetable.",
    "Go to bed at the same time every day, and keep the room dark and cool. Drink no coffee after noon, and leave your "
    "phone in another room. If you can't sleep, get up and read for a while.",
    "Rain washes small amounts of salt out of the rocks, and rivers carry it to the sea. The water goes up again as vapour, "
    "but the salt stays behind, and so there is more of it every year.",
    "The child should be able to put both feet on the ground while sitting on the saddle. Look for a light frame and for "
    "levers that small hands can reach. Do not buy a bicycle to grow into; it is hard to ride.",
    "Lightning heats the air around it so fast that the air bursts outwards. We hear that as thunder. Light travels faster "
    "than sound, so the longer the pause between the two, the farther away the storm is.",
    "Keep them in a dark, dry and cool place, in a basket or a paper bag that lets air through. Light turns them green and "
    "bitter. Do not put them next to onions, because both then spoil sooner.",
    "Write each new word on a card with a short sentence, and look at ten cards every day. Use the words when you speak, "
    "even if you are not sure. What you have said yourself, you remember longer.",
)
