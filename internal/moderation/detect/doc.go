// Package detect finds in one message what needs no list of words: links,
// contact details, mentions of everyone, and how long it is. It reads what
// package normal made of the message with all steps; spans are bytes of the
// message as the member wrote it.
package detect
