using System;
using System.Collections.Generic;

namespace Hearsay.Client
{
    /// <summary>What was asked of the sidecar beside jobs, and waits for its one answer.</summary>
    sealed class Question
    {
        /// <summary>What is sent.</summary>
        public readonly Dictionary<string, object> Message;

        /// <summary>Hears the answer, or null if the sidecar is gone; once.</summary>
        public readonly Action<ServerMessage> Answer;

        readonly Type kind;

        /// <summary>A question that a message of a kind answers.</summary>
        public Question(ClientMessage message, Type kind, Action<ServerMessage> answer)
        {
            Message = message.ToMap();
            this.kind = kind;
            Answer = answer;
        }

        /// <summary>Whether a message answers it.</summary>
        public bool Fits(ServerMessage message)
        {
            return message.GetType() == kind;
        }
    }
}
