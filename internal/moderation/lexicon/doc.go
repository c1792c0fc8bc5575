// Package lexicon holds the words that a community looks for, by category, and
// finds them in messages that package normal has read. An entry is
//
//	加微信           a word, however it is disguised; \ takes the meaning from + ~ / !
//	兼职+日结~30     words of which the first characters lie within 30 characters (20 if not said)
//	/(加|\+)[vw]x?\d/  a regular expression (RE2) over the normalised message
//	!微信公众号       no hits of this category inside these words; without a category, no hits at all
package lexicon
