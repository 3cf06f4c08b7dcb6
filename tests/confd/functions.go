package main

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"net"
	"os"
	"path"
	"sort"
	"strconv"
	"strings"
	"text/template"
	"time"
)

// functions are those that both confds have.
func functions(s Store) template.FuncMap {
	return template.FuncMap{
		"exists": s.exists, "get": s.get, "gets": s.gets, "getv": s.getv, "getvs": s.getvs, "ls": s.ls, "lsdir": s.lsdir,
		"json": parseObject, "jsonArray": parseArray, "map": makeMap,
		"base": path.Base, "dir": path.Dir, "split": strings.Split, "join": strings.Join,
		"toUpper": strings.ToUpper, "toLower": strings.ToLower, "contains": strings.Contains,
		"replace": strings.Replace, "trimSuffix": strings.TrimSuffix,
		"base64Encode": func(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) },
		"base64Decode": base64Decode,
		"reverse":      reverse, "sortByLength": sortByLength, "sortKVByLength": sortKVByLength,
		"add":  func(a, b int) int { return a + b },
		"sub":  func(a, b int) int { return a - b },
		"div":  func(a, b int) int { return a / b },
		"mod":  func(a, b int) int { return a % b },
		"mul":  func(a, b int) int { return a * b },
		"seq":  seq,
		"atoi": strconv.Atoi, "parseBool": strconv.ParseBool,
		"getenv": getenv, "datetime": time.Now, "lookupIP": lookupIP,
		"fileExists": func(file string) bool {
			_, err := os.Stat(file)
			return !os.IsNotExist(err)
		},
	}
}

func parseObject(text string) (object map[string]interface{}, err error) {
	err = json.Unmarshal([]byte(text), &object)
	return object, err
}

func parseArray(text string) (array []interface{}, err error) {
	err = json.Unmarshal([]byte(text), &array)
	return array, err
}

func makeMap(items ...interface{}) (map[string]interface{}, error) {
	if len(items)%2 != 0 {
		return nil, errors.New("map: a key without a value")
	}
	made := make(map[string]interface{})
	for i := 0; i < len(items); i += 2 {
		key, ok := items[i].(string)
		if !ok {
			return nil, errors.New("map: a key is a string")
		}
		made[key] = items[i+1]
	}
	return made, nil
}

func base64Decode(text string) (string, error) {
	data, err := base64.StdEncoding.DecodeString(text)
	return string(data), err
}

func reverse(values interface{}) interface{} {
	switch v := values.(type) {
	case []string:
		for i, j := 0, len(v)-1; i < j; i, j = i+1, j-1 {
			v[i], v[j] = v[j], v[i]
		}
	case []KVPair:
		for i, j := 0, len(v)-1; i < j; i, j = i+1, j-1 {
			v[i], v[j] = v[j], v[i]
		}
	}
	return values
}

func sortByLength(values []string) []string {
	sort.Slice(values, func(i, j int) bool { return len(values[i]) < len(values[j]) })
	return values
}

func sortKVByLength(values []KVPair) []KVPair {
	sort.Slice(values, func(i, j int) bool { return len(values[i].Key) < len(values[j].Key) })
	return values
}

func seq(first, last int) (numbers []int) {
	for i := first; i <= last; i++ {
		numbers = append(numbers, i)
	}
	return numbers
}

func getenv(name string, otherwise ...string) string {
	value := os.Getenv(name)
	if value == "" && len(otherwise) > 0 {
		return otherwise[0]
	}
	return value
}

func lookupIP(name string) (addresses []string) {
	found, _ := net.LookupIP(name)
	for _, ip := range found {
		addresses = append(addresses, ip.String())
	}
	sort.Strings(addresses)
	return addresses
}
