package insight

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// longestQuestion is how many characters a message may have to be taken for a
// question: longer ones are articles and logs that were pasted.
const longestQuestion = 400

// longestUnmarked is how many characters one without a question mark may have.
const longestUnmarked = 60

var (
	// quotedAbove is what clients put above an answer to what they quote.
	quotedAbove = regexp.MustCompile(`(?s)^.*\n[-— ]{8,}\n`)
	quotedLine  = regexp.MustCompile(`(?m)^\s*>.*$`)
	address     = regexp.MustCompile(`(?i)\b(?:https?://|www\.)[^\s\p{Han}]+`)
	called      = regexp.MustCompile(`@[^\s@]{1,30}[\s\x{2005}]?`)
	smiley      = regexp.MustCompile(`\[[^\[\]\s]{1,6}\]`)
	// addressed is the nickname with which an answer on IRC begins.
	addressed = regexp.MustCompile(`^[\w\[\]\\|^{}-]{2,20}[:,]\s+`)

	// marked is a question mark at the end of a clause, and not one in code or in
	// an address.
	marked = regexp.MustCompile(`[?？](?:$|[\s\p{Han}\p{Po}\p{Pe}\p{Pf}\p{So}])`)

	zhParticle = regexp.MustCompile(`(?:吗|嗎|[^什这那怎多要嘛啥這甚]么|[^什這甚怎多要]麼|没有呢|不呢)[\s。.~～!！]*$`)
	// zhMore are words of questions that are none alone.
	zhMore = regexp.MustCompile(`有人(?:知道|会|用过|懂|遇到|了解|有)|谁(?:知道|会|懂|有|能|用过)|` +
		`(?:怎么|咋)(?:办|弄|用|装|写|做|搞|解决|处理|设置|样)|如何(?:解决|使用|设置|安装|处理|才能)|(?:是|该|要)(?:什么|哪个|哪里|谁)$`)
	// zhTelling is what those words mean in statements.
	zhTelling = regexp.MustCompile(`(?:不知道|知道|明白|告诉|看看|不管|无论|研究|学会|不懂|懂得|难怪|说明|解释|讨论|取决于|想想)[^,，。.]{0,8}(?:怎么|如何|什么|为什么|为啥|是不是|有没有|会不会|能不能)|` +
		`(?:怎么|咋)(?:样都|用都|做都|说呢|可能)|没有?(?:为什么|什么意思)|(?:就是|这也是|这是)为什么|不怎么|是不是[^,，。]*吧|有没有所谓|的原因`)

	enOpening = regexp.MustCompile(`(?i)^(?:(?:hi|hello|hey|ok|okay|so|and|but|well|um|hmm|guys|folks|all|everyone|please|pls|sorry|also|then)[\s,.!]+)*` +
		`(?:how (?:do|can|does|did|would|should|could|is|are|about|long|much|many|come)\b|what(?:'s| is| are| does| do| did| would| should| happens)\b|` +
		`why (?:is|does|do|did|are|would|can|won|isn)|where (?:is|are|can|do|does|would|should)\b|when (?:is|will|does|do)\b|who (?:is|knows|can)\b|` +
		`is there\b|are there\b|does (?:any|some)\w*\b|do (?:any\w*|i|you|we)\b|did (?:any\w*|you)\b|can (?:i|any\w*|some\w*|you|we)\b|` +
		`could (?:any\w*|some\w*|you|i)\b|would (?:any\w*|some\w*)\b|any(?:one|body) (?:know|here|have|has|got|using|use|used|tried|else)|has any(?:one|body)\b|` +
		`which \w+ (?:is|are|do|does|should|would)\b)`)
)

// zhAsking are words of questions, zhHints those with which the others begin.
var (
	zhAsking = []string{"请问", "求问", "求助", "请教", "求推荐", "求解", "有没有", "什么意思", "什么时候", "为什么", "为啥", "多少钱", "几点",
		"能不能", "可不可以", "会不会", "是不是", "对不对"}
	zhHints = []string{"有人", "谁", "怎么", "咋", "如何", "什么", "哪"}
)

func holds(text string, any []string) bool {
	return slices.ContainsFunc(any, func(w string) bool { return strings.Contains(text, w) })
}

// asksInChinese says that a short text without a question mark asks something.
func asksInChinese(text string) bool {
	if strings.ContainsAny(text, "吗嗎么麼呢") && zhParticle.MatchString(text) {
		return true
	}
	return (holds(text, zhAsking) || holds(text, zhHints) && zhMore.MatchString(text)) && !zhTelling.MatchString(text)
}

// asksInEnglish says that a text without a question mark begins like a question.
func asksInEnglish(text string) bool {
	const opening = 60 // bytes: no opening is longer
	if text == "" || text[0] >= utf8.RuneSelf || strings.HasSuffix(text, ".") {
		return false
	}
	return enOpening.MatchString(text[:min(len(text), opening)])
}

// bare is what somebody wrote themselves: without quotations, addresses, names that
// are called, and signs. Most texts have none of these, and looking costs time.
func bare(text string) string {
	if strings.Contains(text, "\n-") || strings.Contains(text, "\n—") {
		text = quotedAbove.ReplaceAllString(text, "")
	}
	if strings.Contains(text, ">") {
		text = quotedLine.ReplaceAllString(text, "")
	}
	if strings.Contains(text, "://") || strings.Contains(text, "www.") {
		text = address.ReplaceAllString(text, "")
	}
	if strings.Contains(text, "@") {
		text = called.ReplaceAllString(text, "")
	}
	if strings.Contains(text, "[") {
		text = smiley.ReplaceAllString(text, "")
	}
	text = strings.TrimSpace(text)
	const longestName = 22
	if i := strings.IndexAny(text[:min(len(text), longestName)], ":,"); i > 1 {
		text = strings.TrimSpace(addressed.ReplaceAllString(text, ""))
	}
	return text
}

// IsQuestion says whether a message asks something, in Chinese or English.
//
// It does where a clause ends with a question mark, or where it is short and has
// the words of a question: 吗 or 么 in the end, 请问, 怎么办, 有没有…; "how do",
// "anyone know" … in the beginning. Not counted is what stands in quotations,
// addresses and code, a question mark alone, and a reaction of one word ("啥？",
// "really?"). What is asked without any of these is missed, and what is asked for
// effect is counted; docs/replies.md says how often.
func IsQuestion(text string) bool {
	if len(text) > 8*longestQuestion {
		return false
	}
	text = bare(text)
	n := utf8.RuneCountInString(text)
	if n > longestQuestion || reaction(text) {
		return false
	}
	if strings.ContainsAny(text, "?？") && marked.MatchString(strings.TrimLeft(text, "?？ ")) {
		return true
	}
	if n > longestUnmarked {
		return n <= 2*longestUnmarked && asksInEnglish(text)
	}
	return asksInEnglish(text) || asksInChinese(text)
}

// reaction says that a text is too short to ask anything: fewer than three
// Chinese characters, or one word.
func reaction(text string) bool {
	han, words, in := 0, 0, false
	for _, r := range text {
		switch {
		case unicode.Is(unicode.Han, r):
			han, in = han+1, false
		case unicode.IsLetter(r) || unicode.IsDigit(r) || r == '\'':
			if !in {
				words++
			}
			in = true
		default:
			in = false
		}
	}
	return han+words < 2 || words == 0 && han < 3
}
