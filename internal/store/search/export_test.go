package search

// Most sets how many candidates a query looks at before it is cut short.
func (ix *Index) Most(n int) { ix.most = n }

// Era sets how many messages are in the first days that a query looks at.
func (ix *Index) Era(n int64) { ix.era = n }
