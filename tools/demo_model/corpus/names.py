"""Invented names of people and places, and which of them training must never see."""

from __future__ import annotations

import hashlib
from random import Random

from tools.demo_model.corpus.words import TABLES, listed

STARTS = listed(
    "A, Al, An, Ar, As, Ba, Bar, Bel, Ber, Bo, Bor, Bra, Bren, Bri, Ca, Cal, Cas, Ce, Cor, "
    "Da, Dal, De, Dor, Dra, Du, E, Ed, El, Er, Fa, Fen, Fi, Fre, Ga, Gar, Ge, Gil, Gor, Gri, "
    "Gun, Ha, Hal, Han, Hel, Hil, Ho, Il, In, Is, Ja, Jo, Jor, Ka, Kar, Ke, Ki, Kor, La, "
    "Le, Li, Lo, Lu, Ma, Mar, Mel, Mi, Mo, Mor, Na, Ne, Ni, No, O, Ol, Or, Os, Pa, Pe, Per, "
    "Pi, Ra, Ran, Re, Ri, Ro, Ros, Ru, Sa, Se, Sel, Si, So, Sul, Ta, Tal, Te, Thal, Tho, Ti, "
    "To, Tor, U, Ul, Va, Val, Ve, Vi, Vor, Wa, Wen, Wi, Wul, Ya, Ye, Yo, Za, Ze, Zo, Chris, "
    "Ste, Pau, Mich, Pet, Ann, Em, Jack, Sam, Tom"
)
MIDDLES = listed(
    "ba, bi, da, de, di, do, fa, ga, gi, go, ka, la, le, li, lo, ma, me, mi, mo, na, ne, ni, "
    "no, ra, re, ri, ro, sa, se, si, ta, te, ti, to, va, ve, vi, wa, za, zi, lan, mar, der, "
    "ber, thi, sha"
)
ENDS = listed(
    "bert, bin, bor, da, dan, das, dor, dra, dric, drin, fred, ga, gar, gorn, grim, ka, kan, "
    "kin, la, lan, las, len, lia, lin, lis, lo, lyn, ma, man, mar, mas, mir, mon, mund, na, "
    "nan, nar, nas, ne, nia, nik, nor, nos, ra, ran, ras, rek, rel, ren, ria, ric, rik, rin, "
    "ris, ron, ros, rus, sa, sha, sia, sin, ta, tan, tar, thas, thos, tin, ton, tor, tos, "
    "tra, tus, va, ven, via, vin, vor, ward, wen, wick, win, wyn, ya, zar, zen, zin, el, er, "
    "ie, y, th, son, a, is"
)
PLACE_STARTS = listed(
    "Ash, Black, Bram, Briar, Bright, Cedar, Clear, Cold, Copper, Crow, Dark, Deep, Dun, "
    "East, Elder, Elm, Fair, Fern, Flint, Fox, Frost, Glen, Gold, Gray, Green, Grim, Hawk, "
    "Hazel, High, Iron, Kings, Lake, Long, Maple, Marsh, Mill, Mist, Moon, Moss, North, Oak, "
    "Old, Pine, Raven, Red, River, Rock, Rose, Salt, Sand, Silver, Snow, South, Star, Stone, "
    "Storm, Summer, Sun, Swan, Thorn, Wester, White, Willow, Winter, Wolf"
)
PLACE_ENDS = listed(
    "bay, bridge, brook, burg, bury, cliff, crest, dale, fall, fell, field, ford, garde, "
    "gate, grove, ham, haven, helm, hill, hold, hollow, keep, mere, mill, moor, mouth, pass, "
    "port, reach, rest, shire, stead, ton, vale, view, wall, watch, water, well, wick, wood, "
    "worth"
)
WARES = listed(
    "arrow, barrel, basket, bell, boot, bow, bread, brick, broom, button, candle, cart, chain, "
    "cheese, cloak, clock, coat, cork, egg, feather, fiddle, fish, flag, flower, fur, glove, hat, "
    "hide, honey, horn, knife, ladder, lantern, lute, map, milk, mirror, nail, net, oil, paper, "
    "pipe, plough, pot, ribbon, ring, roof, sail, salt, shoe, sign, soap, sponge, stone, straw, "
    "tent, tile, toy, wagon, wax, wheel, whip, wig, wine, wool"
)
CRAFTS = listed(
    "maker, wright, smith, monger, binder, cutter, turner, carver, seller, mender, painter, "
    "trader, keeper, cleaner, collector, finder"
)
JOINED_CRAFTS = 8
"""The first so many crafts are written in one word with what they are about."""
HELD_OUT_SHARE = 16


def is_held_out(name: str) -> bool:
    """Whether a name is kept for the evaluation: one in sixteen, chosen by its own spelling."""
    return hashlib.blake2b(name.encode(), digest_size=4).digest()[0] % HELD_OUT_SHARE == 0


def person(random: Random, held_out: bool = False) -> str:
    """Return an invented first name; only a held-out one, or never one."""
    while True:
        parts = [random.choice(STARTS), random.choice(ENDS)]
        if random.random() < 0.35:
            parts.insert(1, random.choice(MIDDLES))
        name = "".join(parts)
        if 3 <= len(name) <= 10 and is_held_out(name) is held_out:
            return name


def place(random: Random, held_out: bool = False) -> str:
    """Return an invented town; half are compounds such as Oakmere, half are pure sound."""
    while True:
        if random.random() < 0.5:
            name = random.choice(PLACE_STARTS) + random.choice(PLACE_ENDS)
        else:
            name = random.choice(STARTS) + random.choice(MIDDLES) + random.choice(PLACE_ENDS)
        if len(name) >= 5 and is_held_out(name) is held_out:
            return name


def trade(random: Random, held_out: bool = False) -> str:
    """Return an invented trade such as bellmaker or lute mender: one that has to be copied."""
    while True:
        craft = random.choice(CRAFTS)
        space = "" if craft in CRAFTS[:JOINED_CRAFTS] else " "
        name = random.choice(WARES) + space + craft
        if is_held_out(name) is held_out and name not in TABLES["unseen_trade"]:
            return name
