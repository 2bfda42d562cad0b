// For libFuzzer: whatever can be read can be written, read again, and is then the same.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "HearsayProtocol.gen.h"

using namespace Hearsay;

template <typename MessageType>
static void Try(Result<MessageType> (*Read)(std::string_view), std::string_view Text)
{
	const Result<MessageType> Found = Read(Text);
	if (!Found)
	{
		return;
	}
	const std::string Frame = WriteFrame(*Found);
	const Result<MessageType> Again = Read(Frame);
	if (!Again || WriteFrame(*Again) != Frame)
	{
		std::abort();
	}
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* Data, std::size_t Size)
{
	const std::string_view Text(reinterpret_cast<const char*>(Data), Size);
	const Result<Json> Found = ReadJson(Text);
	if (Found)
	{
		const std::string Written = WriteJson(*Found);
		const Result<Json> Again = ReadJson(Written);
		if (!Again || WriteJson(*Again) != Written)
		{
			std::abort();
		}
		Try<ClientMessage>(ReadClientMessage, Text);
		Try<ServerMessage>(ReadServerMessage, Text);
	}
	return 0;
}
