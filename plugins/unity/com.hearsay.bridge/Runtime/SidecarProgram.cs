using System;
using System.Collections.Generic;
using System.IO;
using System.Runtime.InteropServices;
using UnityEngine;

namespace Hearsay
{
    /// <summary>Finds the program that is the sidecar.</summary>
    static class SidecarProgram
    {
        /// <summary>What to do when there is none.</summary>
        public const string Advice = "Run `make setup` in Hearsay's own folder, and name that folder as the engine's "
            + "Command; or have the program `hearsay` on the PATH. With a game that is built it belongs into the "
            + "folder `hearsay` beside the game's executable.";

        // How far above the project a virtual environment is looked for.
        const int LevelsUp = 3;

        // Graphical programs on macOS get a PATH without these.
        static readonly string[] MoreFolders = { "~/.local/bin", "/usr/local/bin", "/opt/homebrew/bin" };

        static bool IsWindows => RuntimeInformation.IsOSPlatform(OSPlatform.Windows);

        // The project's folder in the editor; else that of the game's executable, on macOS the app's Contents.
        static string Home => Application.platform == RuntimePlatform.OSXPlayer
            ? Application.dataPath : Path.GetDirectoryName(Application.dataPath);

        /// <summary>The first words of the command that starts the sidecar; none if there is none.</summary>
        /// <remarks>
        /// In this order: what lies beside a built game, the option, a virtual environment of the project (in the
        /// editor alone), PATH, a Python that may have it. The option comes second because it is built into the
        /// game, and names a place of the developer's machine.
        /// </remarks>
        public static string[] Find(string named)
        {
            var bundled = Application.isEditor ? null : First(Bundled());
            if (bundled != null) return new[] { bundled };
            if (!string.IsNullOrWhiteSpace(named)) return Words(NamedProgram(named));
            var found = (Application.isEditor ? First(Environments()) : null) ?? First(OnPath("hearsay"));
            if (found != null) return new[] { found };
            var python = First(OnPath("python3")) ?? First(OnPath("python"));
            return python == null ? new string[0] : Words(python);
        }

        /// <summary>What an option says of a model as the sidecar is to be told it: an id as it is, a file by its whole path.</summary>
        public static string Model(string named)
        {
            var path = AtHome(named.Trim());
            return path.EndsWith(".gguf", StringComparison.OrdinalIgnoreCase) ? Path.GetFullPath(Path.Combine(Home, path)) : path;
        }

        static string NamedProgram(string named)
        {
            var path = Path.GetFullPath(Path.Combine(Home, AtHome(named.Trim())));
            return Directory.Exists(path) ? InEnvironment(Path.Combine(path, ".venv")) : path;
        }

        static string[] Words(string path)
        {
            var isPython = Path.GetFileName(path).StartsWith("python", StringComparison.OrdinalIgnoreCase);
            return isPython ? new[] { path, "-P", "-m", "bridge" } : new[] { path };
        }

        static IEnumerable<string> Bundled()
        {
            yield return Path.Combine(Home, "hearsay", Executable("hearsay"));
            yield return Path.Combine(Home, "Resources", "hearsay", "hearsay");
        }

        static IEnumerable<string> Environments()
        {
            var folder = Home;
            for (var level = 0; level < LevelsUp && folder != null; level++)
            {
                yield return InEnvironment(Path.Combine(folder, ".venv"));
                yield return InEnvironment(Path.Combine(folder, "venv"));
                folder = Path.GetDirectoryName(folder);
            }
        }

        static IEnumerable<string> OnPath(string name)
        {
            var path = Environment.GetEnvironmentVariable("PATH") ?? "";
            foreach (var folder in path.Split(Path.PathSeparator))
            {
                // Windows' own python.exe there is none: it opens the shop.
                var named = folder.Trim('"');
                if (named != "" && !named.Contains("WindowsApps")) yield return Path.Combine(named, Executable(name));
            }
            if (IsWindows) yield break;
            foreach (var folder in MoreFolders) yield return Path.Combine(AtHome(folder), name);
        }

        static string InEnvironment(string folder)
        {
            return Path.Combine(folder, IsWindows ? "Scripts" : "bin", Executable("hearsay"));
        }

        static string AtHome(string path)
        {
            var home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
            return path.StartsWith("~") ? home + path.Substring(1) : path;
        }

        static string Executable(string name)
        {
            return IsWindows ? name + ".exe" : name;
        }

        static string First(IEnumerable<string> paths)
        {
            foreach (var path in paths)
                if (File.Exists(path)) return path;
            return null;
        }
    }
}
