package main

import (
	"errors"
	"path"
	"sort"
	"strings"
)

// A KVPair is what templates know as .Key and .Value.
type KVPair struct{ Key, Value string }

// A Store has what was read, by its key, as memkv has for confd.
type Store map[string]string

var errNotExist = errors.New("key does not exist")

func (s Store) set(key, value string) { s[key] = value }

func (s Store) exists(key string) bool {
	_, found := s[key]
	return found
}

func (s Store) get(key string) (KVPair, error) {
	value, found := s[key]
	if !found {
		return KVPair{}, errNotExist
	}
	return KVPair{key, value}, nil
}

// gets is sorted by key; a "*" in the pattern does not cross a "/".
func (s Store) gets(pattern string) ([]KVPair, error) {
	pairs := make([]KVPair, 0)
	for key, value := range s {
		matches, err := path.Match(pattern, key)
		if err != nil {
			return nil, err
		}
		if matches {
			pairs = append(pairs, KVPair{key, value})
		}
	}
	sort.Slice(pairs, func(i, j int) bool { return pairs[i].Key < pairs[j].Key })
	return pairs, nil
}

func (s Store) getv(key string, otherwise ...string) (string, error) {
	pair, err := s.get(key)
	if err != nil && len(otherwise) > 0 && otherwise[0] != "" {
		return otherwise[0], nil
	}
	return pair.Value, err
}

// getvs is sorted by value.
func (s Store) getvs(pattern string) ([]string, error) {
	pairs, err := s.gets(pattern)
	values := make([]string, 0)
	for _, pair := range pairs {
		values = append(values, pair.Value)
	}
	sort.Strings(values)
	return values, err
}

func terms(key string) []string {
	return strings.FieldsFunc(key, func(c rune) bool { return c == '/' })
}

// below returns the terms of a key behind those of a directory; nil where it is not below it.
func below(directory, key string) []string {
	outer, inner := terms(directory), terms(key)
	if len(inner) <= len(outer) {
		return nil
	}
	for i := range outer {
		if outer[i] != inner[i] {
			return nil
		}
	}
	return inner[len(outer):]
}

// names of what is below a directory: at least as deep as that.
func (s Store) names(directory string, depth int) []string {
	found := make(map[string]bool)
	for key := range s {
		if rest := below(directory, key); len(rest) >= depth {
			found[rest[0]] = true
		}
	}
	sorted := make([]string, 0, len(found))
	for name := range found {
		sorted = append(sorted, name)
	}
	sort.Strings(sorted)
	return sorted
}

func (s Store) ls(directory string) []string {
	if s.exists(directory) {
		return []string{path.Base(directory)}
	}
	return s.names(directory, 1)
}

func (s Store) lsdir(directory string) []string { return s.names(directory, 2) }
