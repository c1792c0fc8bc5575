// Package read says what one message is made of: its normalised text, the words
// of lexicons in it, links, contact details and whatever else package detect
// knows, and a signature by which the same advert is known again in other words.
//
// A Reader judges nothing: what a finding means is for a policy to say. It looks
// at one message at a time; what needs memory is in package watch.
package read
