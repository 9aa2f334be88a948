//go:build !race

package avro_test

const slower = 1
