//go:build race

package broker_test

// memoryFactor is how much more memory a program takes under the race detector.
const memoryFactor = 2
