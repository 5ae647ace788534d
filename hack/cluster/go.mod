module github.com/cloudfoundry-incubator/extendedjob-operator/hack/cluster

go 1.26.0
