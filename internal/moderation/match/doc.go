// Package match finds many words in a text at once.
//
// An Automaton is a trie over runes in a double array whose unbranched ends
// are kept as strings. Before the trie comes a filter: at most places of a
// message no two characters in a row begin any word, and one bit tells so.
// It is written for Chinese, where a word has two to five characters out of
// several thousand; the time does not grow with the number of words except
// through the caches of the machine.
package match
