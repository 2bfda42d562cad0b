@tool
extends EditorPlugin
## Puts Hearsay into the editor: the autoload, the project settings, the dock, the export.

const AUTOLOAD: String = "Hearsay"
const AUTOLOAD_SCRIPT: String = "res://addons/hearsay/engine.gd"
const DOCK: PackedScene = preload("dock/dock.tscn")
const ExportSidecar: GDScript = preload("export_sidecar.gd")

var _dock: Control
var _export: EditorExportPlugin


func _enable_plugin() -> void:
	add_autoload_singleton(AUTOLOAD, AUTOLOAD_SCRIPT)


func _disable_plugin() -> void:
	remove_autoload_singleton(AUTOLOAD)


func _enter_tree() -> void:
	HearsaySettings.define()
	_dock = DOCK.instantiate()
	add_control_to_dock(DOCK_SLOT_RIGHT_BL, _dock)
	_export = ExportSidecar.new()
	add_export_plugin(_export)


func _exit_tree() -> void:
	remove_export_plugin(_export)
	_export = null
	remove_control_from_docks(_dock)
	_dock.queue_free()
	_dock = null
	HearsaySettings.forget()
