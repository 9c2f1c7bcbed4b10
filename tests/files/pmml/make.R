# Writes the PMML files beside it, by R's own package pmml 2.6.0: Rscript make.R
suppressMessages(for (package in c("pmml", "rpart", "randomForest", "nnet", "e1071")) library(package, character.only = TRUE))
set.seed(1)
n <- 400
d <- data.frame(spend = round(rlnorm(n, 3, 1), 3), calls = sample(0:8, n, TRUE), plan = factor(sample(c("basic", "plus", "gro"), n, TRUE)),
                region = factor(sample(c("N", "E", "S", "W"), n, TRUE)))
s <- d$calls + 2 * (d$plan == "plus") + rnorm(n)
d$churned <- factor(ifelse(s > 4.5, "yes", "no"))
d$three <- factor(cut(s, c(-Inf, 3, 6, Inf), labels = c("a", "b", "c")))
two <- churned ~ spend + calls + plan + region
three <- three ~ spend + calls + plan + region
write.csv(head(d[1:4], 40), "r-rows.csv", row.names = FALSE)
save_pmml(pmml(glm(two, binomial, d)), "r-glm_logit.pmml")
save_pmml(pmml(multinom(three, d, trace = FALSE)), "r-multinom.pmml")
save_pmml(pmml(rpart(three, d)), "r-rpart_three.pmml")
save_pmml(pmml(randomForest(three, d, ntree = 5, maxnodes = 8)), "r-rf_three.pmml")
save_pmml(pmml(naiveBayes(two, d), predicted_field = "churned"), "r-nb.pmml")
save_pmml(pmml(nnet(churned ~ spend + calls + plan, d, size = 3, trace = FALSE)), "r-nnet_class.pmml")
few <- d[1:40, ]
# svm() asks for doubles
few$calls <- as.numeric(few$calls)
few$worth <- log(few$spend) + few$calls
save_pmml(pmml(svm(churned ~ spend + calls + plan, few)), "r-svm_two.pmml")
save_pmml(pmml(svm(worth ~ spend + calls + plan, few, kernel = "polynomial", degree = 2)), "r-svm_value.pmml")
few_rows <- read.csv("r-rows.csv")
few_rows$plan <- factor(few_rows$plan)
machines <- list(svm(churned ~ spend + calls + plan, few), svm(worth ~ spend + calls + plan, few, kernel = "polynomial", degree = 2))
write.csv(data.frame(two = predict(machines[[1]], few_rows), value = predict(machines[[2]], few_rows)), "r-svm_said.csv", row.names = FALSE)
save_pmml(pmml(kmeans(few[c("spend", "calls")], 3)), "r-kmeans.pmml")
