// As much of Unity's interface as the package uses, so that Mono compiles and runs it without Unity.
//
// What Unity does by itself (enable, update and disable components) the tests do by calling Run.

using System;
using System.Collections.Generic;
using System.Reflection;

namespace UnityEngine
{
    [AttributeUsage(AttributeTargets.Class)]
    public sealed class AddComponentMenu : Attribute
    {
        public AddComponentMenu(string name) { }
    }

    [AttributeUsage(AttributeTargets.Class)]
    public sealed class DisallowMultipleComponent : Attribute { }

    [AttributeUsage(AttributeTargets.Field)]
    public sealed class SerializeField : Attribute { }

    [AttributeUsage(AttributeTargets.Field)]
    public sealed class TooltipAttribute : Attribute
    {
        public TooltipAttribute(string text) { }
    }

    [AttributeUsage(AttributeTargets.Class)]
    public sealed class DefaultExecutionOrder : Attribute
    {
        public DefaultExecutionOrder(int order) { }
    }

    public enum RuntimeInitializeLoadType { SubsystemRegistration }

    [AttributeUsage(AttributeTargets.Method)]
    public sealed class RuntimeInitializeOnLoadMethodAttribute : Attribute
    {
        public RuntimeInitializeOnLoadMethodAttribute(RuntimeInitializeLoadType when) { }
    }

    public enum RuntimePlatform { LinuxPlayer, LinuxEditor, OSXPlayer }

    public static class Application
    {
        public static string productName = "A game";
        public static string unityVersion = "of no version";
        public static string dataPath = "/nowhere/Assets";
        public static bool isEditor = true;
        public static bool isPlaying = true;
        public static event Action quitting;

        // What Unity does at the end of a game.
        public static void Quit() { quitting?.Invoke(); }
        public static RuntimePlatform platform = RuntimePlatform.LinuxEditor;
    }

    public static class Debug
    {
        public static readonly List<string> Said = new List<string>();

        public static void Log(object message) { Said.Add("log: " + message); }
        public static void LogWarning(object message) { Said.Add("warning: " + message); }
        public static void LogError(object message) { Said.Add("error: " + message); }
        public static void LogException(Exception exception) { Said.Add("exception: " + exception.Message); }
    }

    public class Object
    {
        internal bool IsDestroyed;

        // What was destroyed is null to Unity.
        public static bool operator ==(Object one, Object other)
        {
            var isNothing = ReferenceEquals(one, null) || one.IsDestroyed;
            var isOther = ReferenceEquals(other, null) || other.IsDestroyed;
            return isNothing || isOther ? isNothing && isOther : ReferenceEquals(one, other);
        }

        public static bool operator !=(Object one, Object other) { return !(one == other); }

        public override bool Equals(object other) { return this == other as Object; }

        public override int GetHashCode() { return base.GetHashCode(); }

        public static void DontDestroyOnLoad(Object target) { }

        public static void Destroy(Object target)
        {
            var home = target as GameObject;
            if (home != null) home.End();
        }
    }

    public class Component : Object
    {
        public GameObject gameObject { get; internal set; }
    }

    public class MonoBehaviour : Component { }

    public sealed class GameObject : Object
    {
        static readonly List<MonoBehaviour> all = new List<MonoBehaviour>();
        readonly List<MonoBehaviour> components = new List<MonoBehaviour>();

        public GameObject(string name) { }

        public T AddComponent<T>() where T : MonoBehaviour, new()
        {
            var component = new T { gameObject = this };
            components.Add(component);
            all.Add(component);
            Call(component, "OnEnable");
            return component;
        }

        // What Unity does once a frame.
        public static void UpdateAll()
        {
            foreach (var component in all.ToArray())
                if (all.Contains(component)) Call(component, "Update");
        }

        // What Unity does when a component is switched on or off.
        public static void Enable(MonoBehaviour component, bool isOn)
        {
            if (isOn == all.Contains(component)) return;
            if (isOn) all.Add(component);
            else all.Remove(component);
            Call(component, isOn ? "OnEnable" : "OnDisable");
        }

        internal void End()
        {
            foreach (var component in components)
            {
                Enable(component, false);
                Call(component, "OnDestroy");
                component.IsDestroyed = true;
            }
        }

        static void Call(MonoBehaviour component, string name)
        {
            const BindingFlags any = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic;
            var method = component.GetType().GetMethod(name, any);
            if (method != null) method.Invoke(component, null);
        }
    }

    public struct Rect
    {
        public Rect(float x, float y, float width, float height) { }
    }

    // A player who reads and types nothing.
    public static class GUILayout
    {
        public static void BeginArea(Rect area) { }
        public static void EndArea() { }
        public static void Label(string text) { }
        public static string TextField(string text) { return text; }
        public static bool Button(string text) { return false; }
    }
}

namespace TMPro
{
    public class TextMeshProUGUI : UnityEngine.MonoBehaviour
    {
        public string text { get; set; }
    }
}
