package search

// Most sets how many candidates a query looks at before it is cut short.
func (ix *Index) Most(n int) { ix.most = n }
