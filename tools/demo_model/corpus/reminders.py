"""The wordings in which players ask for what they told before."""

from __future__ import annotations

AGAIN = (
    "[Do you remember|Do you still know|Can you remember|Can you say|Tell me|Tell me again|Say"
    "|Remind me|Do you recall|I forgot|I hope you remember|Let us see if you know"
    "|Have you forgotten|Did you forget|Are you sure you know]"
)
"""How an indirect question begins."""

NAME = (
    f"{AGAIN} [what my name is|what I am called|who I am|how I am called][.|?|]",
    (
        "[Do you remember|Do you know|Tell me|Say|Do you recall|You remember|Remind me of] my "
        "name[.|?]"
    ),
    "[What is|What's|And what is|So what is|What was] my name[| again|, please|, friend]?",
    "[Who am I|And who am I|So who am I|Who is it that talks to you|By what name do you know me]?",
    "[What did I say my name was|What name did I give you|Which name did I tell you]?",
    "[How am I called|What am I called|What do you call me|What should you call me]?",
    "What is my name?",
    "Do you remember my name?",
    "Who am I?",
)
HOME = (
    f"{AGAIN} [where I come from|where I am from|where I grew up|which town I come from][.|?|]",
    "[Where|And where|So where] [do I come from|am I from|is my home|did I come from|do I live]?",
    "[What|Which] town [am I from|do I come from|is my home|did I say I come from]?",
    "[In which town|In what town|Where] [is my home|did I grow up|am I at home]?",
    "Where do I come from?",
    "Where am I from?",
    "What town am I from?",
)
RELATIVE = (
    f"{AGAIN} [who I am looking for|whom I am searching for|what my {{kin_1}} is called][.|?|]",
    f"{AGAIN} [the name of my {{kin_1}}|who my {{kin_1}} is|how my {{kin_1}} is called][.|?|]",
    "[Who|Whom|And who|So who] [am I looking for|am I searching for|do I want to find|is missing]?",
    "[What is|What's|What was] the name of my {kin_1}[| again|, please]?",
    "[Who is it that I search|Who is the one I look for|Which name has my {kin_1}]?",
    "Who am I looking for?",
    "What is the name of my {kin_1}?",
)
TREASURE = (
    f"{AGAIN} [what I am looking for|what I lost|what I told you about|what I am missing][.|?|]",
    (
        "[What|And what|So what] [am I looking for|did I lose|am I missing|do I want back|have I "
        "lost]?"
    ),
    "[What is it|Which thing is it] that I [search|want to find|lost]?",
    "[What should you look out for|What do you have to look for|What is it that I miss]?",
    "What am I looking for?",
    "What did I lose?",
)
BEAST = (
    (
        f"{AGAIN} [what my {{beast_1}} is called|the name of my {{beast_1}}|how I call my "
        f"{{beast_1}}][.|?]"
    ),
    "[What is|What's|What was] the name of my {beast_1}[| again|, please]?",
    "[What is|And what is|So what is] my {beast_1} called?",
    "[Which name|What name] [has my {beast_1}|does my {beast_1} have|did I give my {beast_1}]?",
    "What is my {beast_1} called?",
    "What is the name of my {beast_1}?",
)
JOURNEY = (
    f"{AGAIN} [where I am going|where I want to go|which town I am travelling to|my goal][.|?|]",
    "[Where|And where|So where] [am I going|do I want to go|do I have to go|does my way lead]?",
    "[Where|To which town|To what town] [am I travelling|am I on my way|do I travel|must I go]?",
    "[What is|What was] the name of the town I am going to?",
    "Where am I going?",
    "Where do I want to go?",
)
PASSWORD = (
    f"{AGAIN} [the password|what the password is|the secret word|which word is secret][.|?|]",
    "[What is|And what is|So what is|What's] the [password|secret word][|, please]?",
    (
        "[Which word|What word] [opens the door|is the password|did I tell you|is our secret|must "
        "I say]?"
    ),
    "[The password, please.|Password?|I need the password.|Give me the password.]",
    "What is the password?",
    "Tell me the password.",
)
COINS = (
    f"{AGAIN} [how many coins I have|how much money I have|how many coins I own][.|?|]",
    (
        "[How many coins|How much money|How many coins, in all,] [do I have|do I own|are mine|is "
        "mine]?"
    ),
    "[What|How much] is in my purse?",
    "[How much can I spend|How many coins can I spend|How many coins are there in my purse]?",
    "[Am I rich or poor|Am I a rich man|Am I poor]? [How much do I have|How many coins are mine]?",
    "How many coins do I have?",
    "How much money do I have?",
)
