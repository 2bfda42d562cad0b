@tool
extends RefCounted
## Cuts text into sentences while it is written, by the same rules as the sidecar does.
##
## A sentence ends at its mark, with the quotes and brackets that close there, once a blank and
## something else follow; at the marks of Chinese and Japanese without a blank; and at the end of a
## line. Abbreviations, initials, dots within numbers and a quote that goes on in lower case end
## none.

## Emitted when a sentence is complete.
signal sentence_found(text: String)

enum Verdict { OVER, GOES_ON, UNKNOWN }

const _ENDS: String = ".!?…"
const _WIDE_ENDS: String = "。！？｡"
const _CLOSERS: String = "\"'”’»›)]}*_」』）】》〉"
const _BLANK: String = " \t\r\n\u00a0\u3000"
const _FIRST_UNCASED: int = 0x2E80
const _ABBREVIATIONS: String = (
	" mr mrs ms dr prof st sr jr vs vol fig approx"
	+ " capt gen col lt sgt hon rev mt etc inc ltd dept"
	+ " e.g i.e a.m p.m u.s cf al ca ed pp"
	+ " hr frau nr bzw z.b d.h u.a usw ggf evtl str"
	+ " m mme mlle sra sta dña ud uds sig dott "
)

var _text: String = ""

# What is before it was looked at.
var _from: int = 0


## Takes what was written now.
func feed(text: String) -> void:
	_text += text
	var end: int = _end()
	while end >= 0:
		_tell(end)
		end = _end()


## Tells what is left when nothing more will come.
func finish() -> void:
	_tell(_text.length())


func _tell(end: int) -> void:
	var sentence: String = _text.left(end).strip_edges()
	_text = _text.substr(end)
	_from = 0
	if sentence:
		sentence_found.emit(sentence)


# Where the first sentence ends; -1 while that is not known.
func _end() -> int:
	while _from < _text.length():
		var letter: String = _text[_from]
		if letter == "\n":
			return _from + 1
		var is_wide: bool = letter in _WIDE_ENDS
		if not is_wide and letter not in _ENDS:
			_from += 1
			continue
		var after: int = _past(_from, _WIDE_ENDS if is_wide else _ENDS)
		var end: int = _past(after, _CLOSERS)
		if end == _text.length():
			return -1
		var verdict: Verdict = Verdict.OVER if is_wide else _judge(after, end)
		if verdict == Verdict.OVER:
			return end
		if verdict == Verdict.UNKNOWN:
			return -1
		_from = after
	return -1


func _past(at: int, letters: String) -> int:
	while at < _text.length() and _text[at] in letters:
		at += 1
	return at


# Whether a sentence ends with the marks from _from to `after` and what closes until `end`.
func _judge(after: int, end: int) -> Verdict:
	if _text[end] not in _BLANK:
		return Verdict.GOES_ON
	if _text[end] == "\n":
		return Verdict.OVER
	var marks: String = _text.substr(_from, after - _from)
	if marks == "." and _is_short():
		return Verdict.GOES_ON
	if end == after and ("!" in marks or "?" in marks):
		return Verdict.OVER
	var next: int = _past(end, " \t")
	if next == _text.length():
		return Verdict.UNKNOWN
	var letter: String = _text[next]
	var is_lower: bool = letter == letter.to_lower() and letter != letter.to_upper()
	return Verdict.GOES_ON if is_lower else Verdict.OVER


# Whether before the dot stands an abbreviation, an initial or the number of a list.
func _is_short() -> bool:
	var begin: int = _from
	while begin > 0 and (_text[begin - 1] == "." or _is_of_word(_text[begin - 1])):
		begin -= 1
	var word: String = _text.substr(begin, _from - begin).lstrip(".")
	if word.is_valid_int():
		return word.length() <= 2 and _text.left(_from - word.length()).strip_edges() == ""
	return (
		(word.length() == 1 and word != "I" and word != "_")
		or " %s " % word.to_lower() in _ABBREVIATIONS
	)


static func _is_of_word(letter: String) -> bool:
	return (
		letter.to_lower() != letter.to_upper()
		or letter.is_valid_int()
		or letter == "_"
		or (letter.unicode_at(0) >= _FIRST_UNCASED and letter not in _CLOSERS + _WIDE_ENDS)
	)
