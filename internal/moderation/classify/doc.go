// Package classify gives a message two probabilities: that it is abuse, and that
// it is an advert. Both models are linear, over n-grams of characters and of
// syllables without tones, so that what is written as it sounds is found too; the
// one for adverts also looks at the shape of a text. They ship with the product,
// take one byte a weight and some microseconds a message, and can say which parts
// of a message spoke for a class.
//
// A community's own decisions about adverts add small weights on top (Learn).
//
// tools/train makes the models; docs/model-card.md tells from what, for what, and
// where they are wrong.
package classify
