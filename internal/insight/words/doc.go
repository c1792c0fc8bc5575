// Package words finds what a group talks about: it cuts chat text into words
// for the hot words (高频词, S75), names the stop words among them, discovers
// words that the dictionary lacks, and packs counts of terms for storage.
//
// Cutting takes the most probable sequence of dictionary words (a unigram model
// over the graph of all words that fit). Traditional text is kept as it is.
package words
