// Reads every document of the vectors and prints what each is when written again, or who is to
// blame; then tries what no vector shows. kinds.inc has a line KIND(Name) for every type.

#include <clocale>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <string>

#include "HearsayProtocol.gen.h"

using namespace Hearsay;
using Reader = std::function<Json::List(const std::string&)>;

// A document's text, written again, and the field to blame: one of them is null.
static Json::List Told(std::optional<std::string> Text, std::optional<std::string> Blamed)
{
	return Json::List{ToJson(Text), ToJson(Blamed)};
}

template <typename Type>
static Json::List ReadAgain(const std::string& Text)
{
	const Result<Json> Document = ReadJson(Text);
	if (!Document)
	{
		return Told({}, Document.Error.Field);
	}
	const Result<Type> Found = FromJson<Type>(*Document);
	return Found ? Told(WriteJson(ToJson(*Found)), {}) : Told({}, Found.Error.Field);
}

static Json::List FrameAgain(const std::string& Text)
{
	const Result<ClientMessage> Found = ReadClientMessage(Text);
	return Found ? Told(WriteFrame(*Found), {}) : Told({}, Found.Error.Field);
}

static const std::map<std::string, Reader> Kinds = {
	{"ClientMessage", FrameAgain},
#define KIND(Name) {#Name, ReadAgain<Name>},
#include "kinds.inc"
};

static void Check(bool bRight, const char* What)
{
	if (!bRight)
	{
		std::fprintf(stderr, "wrong: %s\n", What);
		std::exit(1);
	}
}

static void PrintFile(const std::filesystem::path& Path, const std::string& Name)
{
	std::ifstream File(Path, std::ios::binary);
	const std::string Text{std::istreambuf_iterator<char>(File), std::istreambuf_iterator<char>()};
	const Result<Json> Vectors = ReadJson(Text);
	Check(bool(Vectors), Name.c_str());
	const Reader& Read = Kinds.at(*Vectors->AsObject()->Find("type")->AsText());
	for (const Json& Each : *Vectors->AsObject()->Find("cases")->AsList())
	{
		const Json::Object& Case = *Each.AsObject();
		Json::List Line = Read(*Case.Find("text")->AsText());
		Line.insert(Line.begin(), {Json(Name), *Case.Find("name")});
		std::puts(WriteJson(Json(std::move(Line))).c_str());
	}
}

static void TryMessages()
{
	const auto Chunk = ReadServerMessage(
		"{\"type\":\"job_chunk\",\"job\":\"a\",\"offset\":3.0,\"text\":\"\\ud83d\\ude00 \\n\"}");
	const JobChunk* Found = Chunk ? std::get_if<JobChunk>(&*Chunk) : nullptr;
	Check(Found != nullptr && Found->Offset == 3 && Found->Text == "\xF0\x9F\x98\x80 \n", "a chunk");

	const auto Unknown = ReadServerMessage("{\"type\":\"mumble\"}");
	Check(!Unknown && Unknown.Error.Problem == ReadProblem::UnknownTag, "an unknown tag");
	const auto Missing = ReadServerMessage("{\"type\":\"job_done\",\"job\":\"a\",\"response\":{}}");
	Check(Missing.Error.Problem == ReadProblem::WrongField, "a missing field's problem");
	Check(Missing.Error.Field == "response.id", "a missing field's name");

	SubmitChat Submit;
	Submit.Job = "1";
	Submit.Priority = Priority::Interactive;
	Submit.Request.Seed = INT64_MIN;
	Submit.Request.Messages.push_back({Role::User, "Hi \xFF", {}, {}, {}, {}});
	const std::string Frame = WriteFrame(Submit);
	const auto Again = ReadClientMessage(Frame);
	const SubmitChat* Same = Again ? std::get_if<SubmitChat>(&*Again) : nullptr;
	Check(Same != nullptr && WriteFrame(*Again) == Frame, "a request");
	Check(Same->Request.Seed == INT64_MIN && Same->Priority == Priority::Interactive, "its numbers");
	const auto& Content = *Same->Request.Messages[0].Content;
	Check(*std::get_if<std::string>(&Content) == "Hi \xEF\xBF\xBD", "bytes that are no text");
	Check(ToWord(Role::Assistant) == "assistant", "a word");
	Check(FromWord<ErrorCode>("busy") == ErrorCode::Busy, "the code of a word");
	Check(!FromWord<ErrorCode>("mumble"), "an unknown word");
	Check(ToWord(static_cast<Role>(99)).empty(), "a number that is no word");
}

static void TryJson()
{
	for (const char* Text : {"", "{", "[1,]", "{\"a\":1,\"a\":1}", "nul", "truest", "\"\\u12\"",
			"\"\\u+123\"", "01", "1.", ".5", "-", "+1", "1e", "1 1", "\"\\x\"", "\"\t\"", "\"a", "\"\\",
			"\"\xC0\x80\"",
			"\"\xED\xA0\x80\"", "\"\xF4\x90\x80\x80\"", "\"\xE2\x82\"", "\"\\udc00\"",
			"\"\\ud800\\u0041\"", "1e309", "{1:2}", "{\"a\" 1}", "[1 2]", "[", "\xEF\xBB\xBF{}"})
	{
		Check(!ReadJson(Text), Text);
	}
	for (const char* Text : {"null", "[]", "{}", "[true,false,[{}]]", "9223372036854775807",
			"-9223372036854775808", "0.1", "1e+22", "-1.5e-07", "5e-324",
			"1.7976931348623157e+308", "123456789.123456789",
			"{\"b\":1,\"a\":[\"\\\"\\\\\\u0000\\u001f\xC3\xA9\"]}"})
	{
		const Result<Json> Found = ReadJson(Text);
		const Result<Json> Again = Found ? ReadJson(WriteJson(*Found)) : Found;
		Check(Again && WriteJson(*Again) == WriteJson(*Found), Text);
	}
	const std::string Numbers = WriteJson(*ReadJson("[0.10,9223372036854775807,-0.5,1e2,-0e1,-0]"));
	Check(Numbers == "[0.1,9223372036854775807,-0.5,100.0,-0.0,0]", Numbers.c_str());
	Check(WriteJson(Json(1.0 / 3.0)) == "0.3333333333333333", "a third");
	Check(!ReadJson("9223372036854775808")->AsInteger(), "an integer beyond 64 bits");
	Check(!ReadJson("1.5")->AsInteger() && ReadJson("1.5")->AsNumber() == 1.5, "a fraction");
	Check(WriteJson(Json(std::numeric_limits<double>::infinity())) == "null", "infinity");
}

int main(int Count, char** Arguments)
{
	Check(Count == 2, "give the folder of the vectors");
	for (const auto& Each : std::filesystem::recursive_directory_iterator(Arguments[1]))
	{
		if (Each.is_regular_file())
		{
			PrintFile(Each.path(), std::filesystem::relative(Each.path(), Arguments[1]).generic_string());
		}
	}
	TryMessages();
	TryJson();
	for (const char* Name : {"de_DE.UTF-8", "ps_AF.UTF-8"}) // A comma, and a point of two bytes.
	{
		if (std::setlocale(LC_ALL, Name) != nullptr)
		{
			TryJson();
		}
	}
}
