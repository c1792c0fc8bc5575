// Package normal reads a message as the eye of a member reads it: disguises of
// the alphabet (width, circles, accents, invisible characters, look-alikes) and
// of the spelling (separators, repetition, split characters, digits in several
// scripts) are undone, and for every character of the result it is known which
// bytes of the message it came from.
//
// A Normaliser does as many of these steps as it is told to. Words that are
// looked for must have gone through the same steps as the message.
//
// Normalising what is normal already changes nothing.
package normal
