@tool
@icon("icon.svg")
class_name HearsayLore
extends Resource
## What several characters know alike: their town, its rumours, its past.
##
## Give the same resource to all of them. It stands before each character's persona, and the
## sidecar reads a beginning that conversations share only once: ten characters with the same lore
## answer nearly as soon as one.

## The lore itself, as the model shall read it. Plain sentences serve small models best.
@export_multiline var text: String = "":
	set(value):
		text = value
		emit_changed()
