"""The wordings of requests that need a tool: direct, polite, and by a hint alone."""

from __future__ import annotations

BEFORE = (
    "[|||Please |Now |Quick, |Come on, |Will you |Can you |Could you |Can you please "
    "|I want you to |I need you to |You must |You should |It is time to |It would be good to "
    "|Be so kind and |Go and |I order you to |I ask you to |Do me a favour and |Let us "
    "|We have to |Help me to ]"
)
"""How a request begins, if not with the deed itself."""

AFTER = "[.|.|!|, please.|?| now.| for me.| at once.]"


def _do(deed: str) -> str:
    return BEFORE + deed + AFTER


ORDER = (
    _do("bring [me|us|my friend] {few} {dish}"),
    _do("[serve|give|fetch] [me|us] {few} {dish}"),
    "[I want to order|I order|I would like to order|I will take|I'd like to eat] {few} {dish}[.|!]",
    "{few} {dish}[ for me| for us| for my table|, please| over here| to my table][.|!]",
    "[I would like|We would like|We want|I want|I'll have|We'll have] {few}[| times] {dish}[.|!]",
    "[Can|May] [I|we] [have|get|order] {few} {dish}?",
    "[I am hungry|We are hungry|We are thirsty|My friends are hungry]: {few} {dish}[.|, please.]",
    "[There are {few} of us, and we all want|{few} guests are waiting for] {dish}.",
    (
        "[My sister and I|The two of us|My men|All of us] [would like|take|need|wish for] {few} "
        "{dish}."
    ),
    "[Everyone at this table|The knight and I|Your guests] would like {few} {dish}.",
)
OPEN = (
    _do("[open|unlock] the {door}"),
    "[Let me|Let us] [in|out|through] [by|through|at] the {door}[.|!|, please.]",
    "[I want|I wish] the {door} [to be open|opened|unlocked].",
    "The {door} [must|should|has to] be [open|opened|unlocked][.|!| for me.]",
    "[I have to|I must|We have to|I want to] [get|go|pass] through the {door}.",
    (
        "[The {door} is closed|The {door} is locked|The {door} blocks my way]. [Let me "
        "through|Open it|Do something|I want to pass]."
    ),
    "[I need to get|We need to get|I would like to go] [in|out|past] [by|through] the {door}.",
    "[I stand before the {door}|I am at the {door}] [and cannot get in|and want to come in].",
)
CLOSE = (
    _do("[close|lock|shut|bar] the {door}"),
    "[I want|I wish|We want] the {door} [to be closed|closed|locked|shut].",
    "The {door} [must|should|has to] be [closed|locked|shut][.|!| tonight.]",
    "[See to it|Take care|Be sure|I want to be sure] that the {door} is [closed|shut|locked].",
    "[Make sure|See to it|Take care] that [nobody|no one] [comes|gets] through the {door}.",
    "[Nobody|No one] [may|shall|should] [pass|come in by|leave by|get through] the {door}.",
    (
        "[The {door} is open|The {door} stands open|Somebody left the {door} open]. [Lock "
        "it|Close it|Shut it|That must not be]."
    ),
    "[Keep|Get] the {door} [locked|closed|shut][.|!]",
)
GIVE = (
    _do("[give|hand|pass|bring] me the {object}"),
    "[Can|May|Could] I [have|get|borrow|see] the {object}[|, please]?",
    "[I need|I want|I could use|I would like to have|I'd like] the {object}[.|!|, please.]",
    "[Let me|Please let me] [see|hold|borrow|get|take] the {object}[.|, please.]",
    (
        "[The {object} is mine|The {object} belongs to me|I came for the {object}]. [Give it to "
        "me|Hand it over|I want it back]."
    ),
    "[Would you hand|Would you give|Would you pass] me the {object}?",
    "The {object}, [please|if you please|quickly]!",
    "[You have|You still have] my {object}. [Give it back|I need it now].",
)
SELL = (
    (
        "[I buy|I will buy|I want to buy|I would like to buy|Can I buy] the {object} for {coins} "
        "coins[.|]"
    ),
    "[I will pay|I pay|I offer|I give you|I can give you] {coins} coins for the {object}[.|!]",
    "[Sell me|Will you sell me|Can you sell me|Please sell me] the {object} for {coins} coins[.|]",
    "[Here are|Take] {coins} coins for the {object}[.|!|, it is a fair price.]",
    "[The {object} for {coins} coins|{coins} coins for the {object}][, is that fair?|. Agreed?|!]",
    "[My offer|My price] for the {object} [is|:] {coins} coins.",
    (
        "[Is the {object} mine for|Can I have the {object} for|Do I get the {object} for] {coins} "
        "coins?"
    ),
    "[Let us trade|I want to trade|I propose a deal]: {coins} coins for the {object}.",
)
ATTACK = (
    _do("[attack|fight|kill|strike|beat|hunt|chase] the {creature}"),
    "[Help me|Help us|Stand with me] against the {creature}[!|.]",
    (
        "[A {creature}|The {creature}|Look, the {creature}|There is a {creature}]! [Fight "
        "it|Attack|Kill it|Draw your sword|Do something|Hit it|Get it]!"
    ),
    (
        "[The {creature} must die|The {creature} has to die|Death to the {creature}|Down with the "
        "{creature}]!"
    ),
    (
        "[The {creature} is coming|The {creature} attacks us|The {creature} is behind you|The "
        "{creature} will kill us]! [Fight|Strike|Stop it|Do something|Defend us]!"
    ),
    "[Get|Stop|Destroy|Drive away|Throw yourself at|Run at] the {creature}[!|.]",
    "[Your enemy is|Our enemy is|Your target is|Deal with] the {creature}[!|.]",
)
HEAL = (
    _do("[heal|cure|treat|save] {person_1}"),
    (
        "[My friend|My brother|My sister|Our captain|Poor] {person_1} is "
        "[hurt|wounded|bleeding|sick|dying][.|!] [Please help.|Do something.|Help!|]"
    ),
    "{person_1} is [hurt|badly hurt|wounded|bleeding|sick|very ill|dying][.|!| and needs you.]",
    (
        "{person_1} [needs a healer|needs your help|needs medicine|has a deep wound|has a "
        "fever|was hit by an arrow|fell from a horse|will not live long without you][.|!]"
    ),
    "{person_1} is wounded and needs [your hands|your skill|help|care|a healer].",
    (
        "[Look after|Take care of|Help|Tend to|See to] {person_1}[.|!|, who is hurt.|, the wound "
        "is deep.]"
    ),
    "[Make|I want] {person_1} [well|healthy] again[.|!]",
    "[Use your skill|Use your magic|Lay your hands] on {person_1}[.|!]",
    "{person_1} [must|should|has to] be [healed|treated|saved][.|!| at once.]",
)
COURSE = (
    _do("[set a course for|fly to|sail to|head for|steer for|travel to|go to] {town_1}"),
    _do("[take|bring|fly|carry|get] us to {town_1}"),
    "[I wish|We want|I have|We have|I would like] to [go|travel|fly|be brought] to {town_1}[.|!]",
    (
        "[Our goal|Our port|Our next goal|Our destination|The next port|The goal] is "
        "{town_1}[.|!|, captain.]"
    ),
    "[Next|Now|From here] we [go|fly|travel|sail] to {town_1}[.|!]",
    "[Course|Destination|Heading]: {town_1}[.|!]",
    "[They wait for us|We are expected|I have to be|We must be] in {town_1}[.| tomorrow.| soon.]",
    "[Change course|Turn around|Full speed|Leave this place]! [To|We go to] {town_1}!",
    "[How soon can we be in|Is it far? Then set out for|Let us see] {town_1}[.|!|?]",
    "[The way leads to|Our way goes to|Our journey goes on to|The next place to see is] {town_1}.",
)
SCAN = (
    _do("[scan|check|search|examine|inspect|look at|look over|watch] sector {number}"),
    "[What is|What do you see|Is there anything|What is going on|Who is] in sector {number}?",
    "[Cast an eye on|Turn your eyes to|Have an eye on|Keep an eye on] sector {number}[.|!]",
    "[Something is|Something moves|I saw a light|There is a noise] in sector {number}[.|!]",
    "[I want to know|Tell me|Find out] what is in sector {number}[.|]",
    "[Point the sensors at|Sensors on|Turn the sensors to|Send a probe to] sector {number}[.|!]",
    "Sector {number}[, what is there?|: report!| looks strange. Check it.|, please.]",
)
SONG = (
    _do("[play|sing|perform] {song}"),
    "[I want|I would like|We want|I'd love] to [hear|listen to] {song}[.|!]",
    "[Do you know|Can we hear|Could we hear|May I hear|How about|What about] {song}?",
    "[Let us|Let me] hear {song}[.|!|, please.]",
    (
        "[My favourite song is|The best song is|The guests want|Everybody loves] {song}. [Play "
        "it|Sing it|Let us hear it][.|!]"
    ),
    "[Some music|Music|A song], please: {song}[.|!]",
    "Give us {song}[.|!]",
)
CALL = (
    _do("[call|send for|fetch|summon|get] {person_1}"),
    "[I want|I need|I have|I would like|I must] to [speak|talk] to {person_1}[.|!]",
    "[Bring|Send|Get] [me {person_1}|{person_1} to me|us {person_1}|{person_1} in][.|!|, please.]",
    (
        "[Let {person_1} come|{person_1} should come|{person_1} must come|I want {person_1} to "
        "come][ here| to me|][.|!]"
    ),
    (
        "[Have {person_1} come|Tell {person_1} to come|Ask {person_1} to come] [here|to me|at "
        "once][.|!]"
    ),
    (
        "[Where is|Is] {person_1}[?| there?| in the house?] [Call, please.|I have to speak with "
        "both of you.]"
    ),
    (
        "[I need {person_1} here|I want to see {person_1}|{person_1} is wanted|I wait for "
        "{person_1}][.|!]"
    ),
)
LIGHT = (
    _do("[make|turn|paint|switch] the light[s|] {colour}"),
    _do("light the {colour} lamp"),
    "[I want|I need|We need|I would like|Give me|Let there be] [|a ]{colour} light[.|!|, please.]",
    "[The light|The lamp] [should|must|has to] be {colour}[.|!]",
    "[Can I have|Is there any|Is it possible to have] {colour} light[| in here|, please]?",
    "[Change|Set|Turn] the [light|lamp|colour of the light] to {colour}[.|!]",
    (
        "[The light hurts my eyes.|It is too dark here.|I do not like this light.] [Try|Make it] "
        "{colour}."
    ),
    "[I like {colour} light|They say {colour} light is best|How about {colour} light][.|!]",
)
