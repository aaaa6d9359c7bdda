"""Cues the coder listens for, one feature each: what a listener would pick up on at once.

Patterns over lower-cased text with straight quotes. They are part of the feature version: a change
needs newly trained weights. Must not know which code a cue speaks for; the heads learn that.
"""

CUES: tuple[tuple[str, str], ...] = (
    ("wh", r"\b(what|how|why|when|where|who|which)\b"),
    ("what_how", r"\b(what|how)\b"),
    ("how_much", r"\bhow (much|many|often|long|old|likely|important|confident)\b"),
    (
        "tell_me",
        r"\b(tell me|talk me through|walk me through|say (a bit |some )?more|help me understand|"
        r"describe)\b",
    ),
    ("tag", r"(isn't it|don't you|aren't you|is that right|right|yeah|okay|huh|haven't you|correct)\s*\?"),
    (
        "inverted",
        r"\b(do|does|did|are|is|was|were|have|has|had|can|could|would|will) (you|he|she|it|they|that|"
        r"there)\b",
    ),
    ("either_or", r"\bor\b[^?]*\?"),
    (
        "sounds_like",
        r"\b(sounds|seems|feels|looks|sound|feel) (like|as if|as though|that)\b|\bit (sounds|seems|"
        r"feels)\b",
    ),
    (
        "hearing",
        r"\b(i'm hearing|i hear|you're saying|you said|you mentioned|you told me|you're telling me|"
        r"you mean)\b",
    ),
    ("so_you", r"\bso,? (you|it|that|there|for you|part)"),
    ("you_verb", r"\byou( are|'re|'ve|'d| feel| want| don't| were| have| think| know| wish| miss| need)"),
    (
        "both_sides",
        r"\b(on (the )?one (hand|side)|part of you|at the same time|and yet|on the other|torn|"
        r"but also)\b",
    ),
    ("like_image", r"\b(it's like|as if|as though|a bit like|almost like)\b"),
    ("should", r"\b(should|ought to|had better|you'd better|supposed to)\b"),
    ("need_to", r"\byou('ve)? (really )?(need to|have to|got to|must)\b"),
    (
        "could_try",
        r"\b(you (could|might|may)|try|i('d| would) (suggest|recommend|advise)|my advice|suggest|"
        r"recommend)\b",
    ),
    (
        "why_not",
        r"\b(why don't you|why not|how about|what about|have you (considered|thought|tried)|"
        r"couldn't you|what if)\b",
    ),
    ("if_i_were", r"\bif i (were|was) you\b|\bwhat i'd do\b|\bi'd \w+ if\b"),
    (
        "permission",
        r"\b(if you('d)? (like|want|don't mind|are (willing|interested|open))|with your permission|"
        r"is it (ok|okay|all ?right)|would it be (ok|okay|all ?right|helpful)|(can|could|may|"
        r"might) i\b|do you mind|would you mind|if i may|if (it|that)'s (ok|okay|all ?right))",
    ),
    ("asked_me", r"\b(you asked|you've asked|since you|as you asked|you wanted|you said you)\b"),
    ("together", r"\b(together|between us|the two of us|let's|shall we|we could|we can)\b"),
    (
        "up_to_you",
        r"\b(up to you|your (choice|decision|call|own (choice|decision))|you (decide|choose)|"
        r"you're (in charge|free|the (one|expert|only))|only you|no ?(one|body) (can|else)|your life|"
        r"in your hands|you don't have to)\b",
    ),
    (
        "praise",
        r"\b(great|good|well done|excellent|brilliant|fantastic|wonderful|awesome|impress\w*|proud|"
        r"admire|amazing)\b",
    ),
    (
        "strength",
        r"\b(strength|strong|courage\w*|brave|effort|hard work|worked hard|determin\w*|managed|"
        r"commit\w*|resourceful|persist\w*|guts)\b",
    ),
    (
        "sorry",
        r"\b(sorry|tough|hard|difficult|awful|understandable|normal|natural|not alone|makes sense|"
        r"lots of people|common|anyone)\b",
    ),
    ("thanks", r"\b(thank|thanks|appreciate|glad)\b"),
    (
        "conditional_harm",
        r"\bif you (don't|keep|carry on|stop|go on|miss|leave|lie|continue)\b|\b(end up|or you'll|"
        r"you'll (lose|get|end|die|be))\b|\bunless\b",
    ),
    (
        "harm",
        r"\b(die|dead|kill\w*|lose|losing|hospital|cancer|stroke|prison|worse|blind|regret|"
        r"consequences)\b",
    ),
    (
        "blame",
        r"\b(excuse\w*|fault|blame|denial|lying|lie|lied|ridiculous|selfish|lazy|weak|ashamed|"
        r"pathetic|seriously|obviously|honestly)\b",
    ),
    (
        "imperative",
        r"^(please |just |now |go |and )*(stop|tell|take|do|don't|write|call|bring|go|get|put|keep|"
        r"make|cut|quit|leave|ask|talk|set|come|be|give|say|look|listen|read|try|start|forget|fill|"
        r"calm|sit|answer|promise|delete|throw|pour|avoid|eat|drink|sleep|let go|stay)\b",
    ),
    ("i_want_you", r"\bi (want|need|expect) you to\b|\byou (must|will|are to|'re going to)\b"),
    (
        "i_self",
        r"\b(i (was|had|used|felt|lost|have|grew|struggled|remember|quit|gave|went|did)|i've|my (own|"
        r"father|mother|mum|dad|husband|wife|kids|brother|sister|son))\b",
    ),
    ("me_too", r"\b(me too|myself|i('m| am) .* too|as well)\b"),
    (
        "wonder",
        r"\b(i wonder|perhaps|maybe|could it be|it may be|it might be|it could be|possibly|my guess|"
        r"i suspect|i think)\b",
    ),
    ("because", r"\b(because|since|so that|comes? from|protects?|a way of|really about|reason)\b"),
    (
        "here_now",
        r"\b(right now|between us|with me|here with|at (this|the) moment|just (now|then)|towards me|"
        r"about me|of me|i notice|i('m| am) aware|i sense)\b",
    ),
    (
        "agenda",
        r"\b(today|session|next (week|time)|minutes|agenda|before we|let's (start|move|turn|set|go|"
        r"look|begin)|we'll|i'll|i'm going to|move on|summar\w*|recap)\b",
    ),
    ("confidential", r"\b(confidential\w*|between us|private|questionnaire|form|notes)\b"),
    (
        "number",
        r"\d|\b(per ?cent|half|units?|average|limit|study|studies|research|risk|levels?|result\w*|"
        r"treatment|medication|program\w*)\b",
    ),
    ("people", r"\b(people|most|some|many|others|usually|often|generally|tends?)\b"),
    (
        "feeling",
        r"\b(feel\w*|felt|angry|sad|scared|afraid|worried|anxious|lonely|guilty|ashamed|hurt|"
        r"frustrat\w*|upset|proud|hope\w*|trapped|tired)\b",
    ),
    ("negation", r"\b(not|no|never|don't|didn't|can't|won't|isn't|wasn't|nothing|nobody)\b"),
    (
        "change_want",
        r"\bi('d| would)? (want|wanna|need|like|love|wish|hope|plan|should|gotta|have) to\b|\bi('m|"
        r" am) (going|gonna|trying|ready|willing)\b|\bi('ll| will)\b",
    ),
    ("change_done", r"\bi('ve)? (stopped|quit|cut|started|tried|managed|gave|given|decided|been trying)\b"),
    (
        "sustain",
        r"\bi (don't|can't|won't|couldn't|wouldn't|like|enjoy|love)\b|\b(not a problem|don't (see|"
        r"think|need|want)|it's (fine|not that)|no way)\b",
    ),
    ("conditional_me", r"\b(i guess|i suppose|maybe|probably|i mean|i don't know)\b"),
    ("hello", r"^(hi|hello|hey|good (morning|afternoon|evening)|bye|goodbye|see you|nice to|welcome)\b"),
    ("laughter", r"\[\w+"),
    ("trailing", r"(-|--|…|\.\.\.)\s*$"),
)
