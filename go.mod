module qunying

go 1.26
