package mp

import (
	"maps"
	"slices"
	"testing"

	"qunying/connector/connectortest"
)

// Whatever an action fails with, people are told in their language what to do.
func TestEveryTroubleHasWords(t *testing.T) {
	connectortest.Trouble(t, "official-account", slices.Collect(maps.Keys(meanings))...)
}
