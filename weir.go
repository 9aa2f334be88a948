// Package weir is the vocabulary of the mesh: what stands in the ledger, the
// identifiers, the one error type, and the roles that cross floors.
//
// A data mesh is a set of domains, each owned by a team, that offer their data
// as products. The types here say what such a thing is ([Domain], [Product],
// [Application], ...); the rules about them live in internal/core, what can be
// done with them in internal/app, and what stores or serves them at the rim.
//
// The truth is a [Ledger]: an append-only chain of decisions ([Entry]). All
// else is a projection of it that can be deleted and made again ([State]).
// One [Writer] appends.
//
// The package imports the standard library only.
package weir
