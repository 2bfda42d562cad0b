using System;
using UnityEngine;

namespace Hearsay
{
    /// <summary>How a sidecar is started.</summary>
    [Serializable]
    public sealed class SidecarOptions
    {
        /// <summary>The name under which the first of <see cref="Models"/> answers, whatever its own is.</summary>
        public const string FirstModel = "hearsay/first";

        /// <summary>The small model that every sidecar has.</summary>
        public const string EmbeddedModel = "hearsay/tavern";

        /// <summary>The program that is the sidecar, or the folder in which Hearsay was set up. Empty: it is looked for.</summary>
        [Tooltip("The program that is the sidecar, or the folder in which Hearsay was set up. Empty: it is looked for.")]
        public string Command = "";

        /// <summary>Ids or GGUF files of the models to load; a file is looked for beside the game. None: the small built-in one.</summary>
        [Tooltip("Ids or GGUF files of the models to load; a file is looked for beside the game. None: the small built-in one.")]
        public string[] Models = new string[0];

        /// <summary>More words for `hearsay serve`.</summary>
        [Tooltip("More words for `hearsay serve`.")]
        public string[] Arguments = new string[0];
    }
}
