package normal

// Steps says what a Normaliser undoes.
type Steps uint16

// The first group changes characters one by one (Text.Letters), the second
// looks at neighbours (Text.Words).
const (
	Compat      Steps = 1 << iota // NFKC of every single character: width, ligatures, mathematical letters, plain circles
	Case                          // lower case
	Invisible                     // drops zero-width and control characters, variation selectors and combining marks
	Enclosed                      // letters and digits in circles, squares and brackets, emoji digits
	Traditional                   // traditional to simplified characters, one by one
	LookAlikes                    // Latin letters without accents; Greek, Cyrillic and other letters that look Latin; radicals

	Repeats    // three or more of the same character in a row become one, digits and w excepted
	Separators // up to two separators or emoji between Han characters or single letters
	Splits     // characters written as their two parts
	Numerals   // Han numerals beside digits, or five in a row

	spelling = Repeats | Separators | Splits | Numerals

	// All is every step.
	All = Compat | Case | Invisible | Enclosed | Traditional | LookAlikes | spelling
)
