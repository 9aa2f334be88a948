//go:build !race

package broker_test

const memoryFactor = 1
