namespace Hearsay.Client
{
    /// <summary>Texts counted as the wire counts them: a character beyond U+FFFF is two here and one there.</summary>
    static class CodePoints
    {
        /// <summary>How many code points a text has.</summary>
        public static int Count(string text)
        {
            var count = text.Length;
            foreach (var sign in text)
                if (char.IsLowSurrogate(sign)) count--;
            return count;
        }

        /// <summary>A text without its first code points.</summary>
        public static string Skip(string text, long count)
        {
            var at = 0;
            for (; count > 0 && at < text.Length; count--) at += char.IsHighSurrogate(text[at]) ? 2 : 1;
            return at < text.Length ? text.Substring(at) : "";
        }
    }
}
