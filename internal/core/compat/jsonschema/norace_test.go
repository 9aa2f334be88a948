//go:build !race

package jsonschema_test

const raceOn = false
