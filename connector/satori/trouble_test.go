package satori

import (
	"testing"

	"qunying/connector/connectortest"
)

// Whatever an action fails with, people are told in their language what to do.
func TestEveryTroubleHasWords(t *testing.T) {
	connectortest.Trouble(t, "satori")
}
